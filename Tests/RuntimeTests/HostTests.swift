// Status words, the clock, return addresses, and what the host says of itself.
import CLatheRuntime
import Testing

@Suite struct HostTests {
  @Test func statusKeepsTheLowest() {
    var status = lathe_status(word: LATHE_OK)
    lathe_report(&status, 3 << 40 | 7)
    lathe_report(&status, 4 << 40)
    #expect(status.word == 3 << 40 | 7)
    lathe_report(&status, 3 << 40 | 6)
    lathe_report(&status, 3 << 40 | 6)
    #expect(status.word == 3 << 40 | 6)
    #expect(LATHE_SITE_BITS == 40 && LATHE_OUT_OF_MEMORY < LATHE_OK)
  }

  @Test func clockGoesForward() {
    let readings = (0..<1000).map { _ in lathe_now_ns() }
    #expect(zip(readings, readings.dropFirst()).allSatisfy { $0 <= $1 })
  }

  @Test func returnAddressesDiffer() {
    let here = lathe_here()
    let there = lathe_here()
    #expect(here != nil && there != nil && here != there)
  }

  @Test func featuresAreConsistent() {
    let cpu = lathe_cpu_features()
    #expect(cpu.available_cpus >= 1)
    #expect(cpu.l2_sharers >= 1 && cpu.l3_sharers >= 1)
    #expect(cpu.l1d_bytes <= cpu.l2_bytes || cpu.l2_bytes == 0)
    #expect(!cpu.avx2 || cpu.sse41)
    let extensions = [
      cpu.avx512bw, cpu.avx512dq, cpu.avx512vl, cpu.avx512cd, cpu.avx512_vnni, cpu.avx512_bf16,
    ]
    #expect(cpu.avx512f || !extensions.contains(true))
    #if arch(arm64)
      #expect(cpu.neon && !cpu.sse41)
    #else
      #expect(!cpu.neon)
    #endif
    #expect(String(cString: lathe_cpu_brand()).utf8.count < 64)
  }
}
