import Testing
import LoopIR
import LoopPasses
import IRCore
@Test func show() throws {
  for t in [Programs.mandelbrot, """
kernel @b(in %x: f32[4194304], out %y: f32[4194304]) {
  for %i in 0..<4194304 {
    %0 = load %x[%i] : f32
    %1 = mul %0, %0 : f32
    store %1, %y[%i]
  }
}
""","""
kernel @c(in %x: f32[1000,1000], out %y: f32[1000]) {
  for %i in 0..<1000 {
  for %j in 0..<1000 {
    %0 = load %x[%i, %j] : f32
    %1 = mul %0, %0 : f32
    accumulate %y[%j] add= %1
  }}
}
""","""
kernel @d(in %x: f32[1000,1000], in %z: f32[1000,1000], inout %y: f32[1000,1000]) {
  for %i in 0..<1000 {
  for %j in 0..<1000 {
  for %k in 0..<1000 {
    %0 = load %x[%i, %k] : f32
    %2 = load %z[%k, %j] : f32
    %1 = mul %0, %2 : f32
    accumulate %y[%i, %j] add= %1
  }}}
}
"""] {
  var k = try Kernel(parsing: t)
  k = try Pass.plan(for: .avx512).body(k)
  print(k)
  print(try Pass.applySchedule.body(k))
  }
}
