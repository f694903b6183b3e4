// Kept factors in panels: what is packed, and that bits stay.

import IRCore
import TensorIR
import TensorPasses
import TestSupport
import Testing

@Suite struct PackKeptFactorsTests {
  private static func graph(_ text: String) throws -> Graph {
    let module = try Module(parsing: text)
    try module.verify()
    return try #require(module.graphs.first)
  }

  @Test func matrixBecomesPanels() throws {
    let graph = try Self.graph(
      """
      graph @main(%x: f32[10,300], %w: f32[300,64], %b: f32[64]) -> f32[10,64] {
        %0 = contract %x[i,k], %w[k,j] -> [i,j] : f32[10,64]
        %1 = view %b[j] -> [i,j] : f32[10,64]
        %2 = add %0, %1 : f32[10,64]
        return %2
      }
      """)
    let packed = try #require(graph.packingFactors(kept: 1..<3, for: .avx512))
    #expect(packed.packed == [1])
    #expect(
      Module(graphs: [packed.graph, packed.packing]).description == """
        graph @main(%x: f32[10,300], %w: f32[2,300,32], %b: f32[64]) -> f32[10,64] {
          %0 = contract %x[i,k], %w[j floordiv 32,k,j mod 32] -> [i,j] : f32[10,64]
          %1 = view %b[j] -> [i,j] : f32[10,64]
          %2 = add %0, %1 : f32[10,64]
          return %2
        }
        graph @main.packing(%w: f32[300,64]) -> f32[2,300,32] {
          %0 = view %w[j, 32*i + k] -> [i,j,k] : f32[2,300,32]
          return %0
        }

        """)
  }

  /// A matrix that lies in columns is turned while it is packed; on a narrower row panels are
  /// narrower.
  @Test func transposedMatrixBecomesPanels() throws {
    let graph = try Self.graph(
      """
      graph @main(%w: f32[64,300], %x: f32[10,300]) -> f32[10,64] {
        %0 = contract %x[i,k], %w[j,k] -> [i,j] : f32[10,64]
        return %0
      }
      """)
    let packed = try #require(graph.packingFactors(kept: 0..<1, for: .avx2))
    let text = packed.packing.description
    #expect(text.contains("view %w[16*i + k, j] -> [i,j,k] : f32[4,300,16]"), "\(text)")
  }

  /// What is a result, is read otherwise too, comes with few rows, does not come out even, is small
  /// or is the factor of rows stays as it is.
  @Test(arguments: [
    """
    (%x: f32[10,300], %w: f32[300,64]) -> f32[10,64], f32[300,64] {
      %0 = contract %x[i,k], %w[k,j] -> [i,j] : f32[10,64]
      return %0, %w
    }
    """,
    """
    (%x: f32[300,64], %w: f32[300,64]) -> f32[64,64], f32[300,64] {
      %0 = contract %x[k,i], %w[k,j] -> [i,j] : f32[64,64]
      %1 = mul %w, 2.0 : f32[300,64]
      return %0, %1
    }
    """,
    """
    (%x: f32[8,300], %w: f32[300,64]) -> f32[8,64] {
      %0 = contract %x[i,k], %w[k,j] -> [i,j] : f32[8,64]
      return %0
    }
    """,
    """
    (%x: f32[10,300], %w: f32[300,72]) -> f32[10,72] {
      %0 = contract %x[i,k], %w[k,j] -> [i,j] : f32[10,72]
      return %0
    }
    """,
    """
    (%x: f32[10,255], %w: f32[255,64]) -> f32[10,64] {
      %0 = contract %x[i,k], %w[k,j] -> [i,j] : f32[10,64]
      return %0
    }
    """,
    """
    (%x: f32[300,64], %w: f32[300,300]) -> f32[300,64] {
      %0 = contract %w[i,k], %x[k,j] -> [i,j] : f32[300,64]
      return %0
    }
    """,
  ]) func othersStay(_ text: String) throws {
    let graph = try Self.graph("graph @main" + text)
    #expect(graph.packingFactors(kept: 1..<2, for: .avx512) == nil)
  }

  @Test func nothingIsPackedThatIsNotKept() throws {
    let graph = try Self.graph(
      """
      graph @main(%x: f32[10,300], %w: f32[300,64]) -> f32[10,64] {
        %0 = contract %x[i,k], %w[k,j] -> [i,j] : f32[10,64]
        return %0
      }
      """)
    #expect(graph.packingFactors(kept: 2..<2, for: .avx512) == nil)
    #expect(graph.packingFactors(kept: 0..<1, for: .avx512) == nil)
  }
}
