// Every function of the table over element types, shapes and layouts.

import Lathe
import Testing

@Suite struct ArrayFunctionTests {
  /// All element types of a function, and for each all shapes, in a layout that changes with both.
  @Test(arguments: ArrayFunction.all) func givesWhatPlainLoopsGive(function: ArrayFunction) {
    for (number, dtype) in function.dtypes.enumerated() {
      for (place, shape) in function.shapes.enumerated() {
        let layout = Layout.allCases[(number + place) % Layout.allCases.count]
        let sample = HostArray(sample: shape, dtype)
        let found = HostArray(function.function(layout.tensor(sample, dtype)))
        let expected = function.reference(sample)
        let bound = function.tolerance * (dtype.floatInfo?.epsilon ?? 0)
        #expect(
          found.shape == expected.shape
            && zip(found.values, expected.values).allSatisfy {
              abs($0 - $1) <= bound * max(1, abs($1))
            }, "\(dtype)\(shape) \(layout): \(found) but expected \(expected)")
      }
    }
  }

  @Test func theTableHasThreeThousandCases() {
    let count = ArrayFunction.all.reduce(0) { $0 + $1.dtypes.count * $1.shapes.count }
    #expect(count >= 3_000, "\(count)")
  }

  /// Inside `compile` the same values come, where shapes do not depend on them.
  @Test(arguments: ArrayFunction.all) func compiledFunctionsGiveTheSame(
    function: ArrayFunction
  ) throws {
    if function.hasShapeOfValues { return }
    let dtype = function.dtypes[0]
    let sample = HostArray(sample: function.shapes.last!, dtype)
    let operand = Layout.contiguous.tensor(sample, dtype)
    let compiled = compile { (x: Tensor) in function.function(x) }
    #expect(HostArray(compiled(operand)) == HostArray(function.function(operand)))
  }
}
