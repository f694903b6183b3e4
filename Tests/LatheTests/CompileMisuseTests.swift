// Mistakes around `compile`, random keys and updates: one line that names place and cause.

import Driver
import IRCore
import Lathe
import Testing

private final class Box: Sendable {
  let tensors = Locked<[Tensor]>([])
  let count = Locked<Int>(0)

  func keep(_ tensor: Tensor) { tensors.withLock { $0.append(tensor) } }

  func next() -> Int {
    count.withLock {
      $0 += 1
      return $0
    }
  }
}

private protocol Activation: Sendable {}
private final class Gate: Activation {}
private enum Payload: Sendable { case none, some(Tensor) }

private struct WithClass: Sendable {
  var weight = Tensor([1.0])
  let box = Box()
}
private struct WithExistential: Sendable { var layers: [any Activation] = [Gate()] }
private struct WithEnum: Sendable {
  var weight = Tensor([1.0])
  var payload = Payload.none
}
private struct WithWeak: Sendable {
  var weight = Tensor([1.0])
  weak let box: Box?
}
private struct Adam: Sendable {
  var learningRate = 0.001
  var weight = Tensor([1.0])
}

private let x = Tensor([1.0, 2])
private let key = RandomKey(1)

/// Calls a function twice with traces compared, whatever the build.
private func twice(_ body: @escaping @Sendable (Tensor) -> Tensor) {
  withCompiler(Compiler(CompilerOptions(comparesTraces: true))) {
    let f = compile(body)
    _ = f(x)
    _ = f(x)
  }
}

@Suite struct CompileMisuseTests {
  typealias Mistake = (message: String, make: @Sendable () -> Void)

  static let traces: [Mistake] = [
    (
      "a value is read while compile { … } traces it: return it from the function and read it there",
      { _ = compile { (x: Tensor) in x.item() > 0 ? x : -x }(Tensor([1.0])) }
    ),
    ("a value is read", { _ = compile { (x: Tensor) in x * x.scalars(as: Float.self)[0] }(x) }),
    ("a value is read", { _ = compile { (x: Tensor) in x[0].scalar(as: Float.self) }(x) }),
    (
      "a value is read",
      { _ = compile { (x: Tensor) in x.withScalars(as: Float.self) { $0.count } }(x) }
    ),
    (
      "a value is read",
      {
        _ = compile { (x: Tensor) in
          let y = x + 1
          try? y.evaluate()
          return y
        }(x)
      }
    ),
    (
      "a value is read",
      {
        var state = [x]
        compile { (state: inout [Tensor]) in
          if state[0].sum().item() > 0 { state[0] += 1 }
        }(&state)
      }
    ),
    (
      "a value is read",
      {
        let inner = compile { (x: Tensor) in x * x.item() }
        _ = compile { (x: Tensor) in inner(x.sum()) }(x)
      }
    ),
    (
      "compile: a value made here is kept beyond the function that is traced; return it instead",
      {
        let box = Box()
        _ = compile { (x: Tensor) in
          box.keep(exp(x))
          return x
        }(x)
      }
    ),
    (
      "compile: an argument is kept beyond the function that is traced; return it instead",
      {
        let box = Box()
        _ = compile { (x: Tensor) in
          box.keep(x)
          return x + 1
        }(x)
      }
    ),
    (
      "compile: a value made here is kept",
      {
        let box = Box()
        _ = compile { (x: Tensor) in
          let y = x * 2
          box.keep(y)
          return y
        }(x)
      }
    ),
    (
      "a value of another compiled function's trace is used in this one",
      {
        _ = compile { (x: Tensor) in
          let inner = compile { (y: Tensor) in y + x }
          return inner(Tensor([1.0, 1]))
        }(x)
      }
    ),
  ]

  static let structures: [Mistake] = [
    (
      "compile: WithClass.box: Box is a class; what is passed must be made of structs",
      { _ = compile { (model: WithClass) in model.weight }(WithClass()) }
    ),
    (
      "compile: argument 2: Box is a class",
      { _ = compile { (x: Tensor, box: Box) in x }(x, Box()) }
    ),
    (
      "compile: WithExistential.layers[0]: Gate is a class; what is passed must be made of structs",
      { _ = compile { (model: WithExistential) in x }(WithExistential()) }
    ),
    (
      "compile: WithEnum.payload: Payload is not Equatable",
      { _ = compile { (model: WithEnum) in model.weight }(WithEnum()) }
    ),
    (
      "compile: WithWeak.box: Box is a class",
      {
        let box = Box()
        _ = compile { (model: WithWeak) in model.weight }(WithWeak(box: box))
      }
    ),
    (
      "compile: result 2: Box is a class",
      { _ = compile { (x: Tensor) in (x, Box()) }(x) }
    ),
    (
      "compile: state[0].box: Box is a class",
      {
        var state = [WithClass()]
        compile { (state: inout [WithClass]) in state[0].weight += 1 }(&state)
      }
    ),
    (
      "ir: call the function first",
      { _ = compile { (x: Tensor) in x }.ir(.kernel) }
    ),
  ]

  static let changes: [Mistake] = [
    (
      "compile: the second trace differs: %0 = mul %x0, 1.0 : f32[2], then %0 = mul %x0, 2.0 : "
        + "f32[2]; what changes from call to call must be an argument",
      {
        let box = Box()
        twice { $0 * Float(box.next()) }
      }
    ),
    (
      "compile: the second trace differs: %0 = add %x0, 1.0 : f32[2], then %0 = mul %x0, 2.0",
      {
        let box = Box()
        twice { box.next() == 1 ? $0 + 1 : $0 * 2 }
      }
    ),
    (
      "compile: the second trace has 3 operations, the first had 2",
      {
        let box = Box()
        twice { x in (0..<box.next()).reduce(x) { y, _ in y + 1 } }
      }
    ),
    (
      "compile: a captured tensor has changed since the first call; make it an argument",
      {
        let box = Box()
        twice { x in
          box.tensors.withLock { $0 = [Tensor([Float(box.next()), 0])] }
          return x + box.tensors.withLock { $0[0] }
        }
      }
    ),
    (
      "compile: the second trace differs: %0 = mul %x0,",
      { twice { $0 * Double.random(in: 0..<1) } }
    ),
    (
      "compile: the second trace differs: %0 = mul %x0,",
      { twice { $0 * Double(ContinuousClock.now.duration(to: .now).components.attoseconds) } }
    ),
    (
      "compile: the second trace differs: result 2 is 1, then 2",
      {
        withCompiler(Compiler(CompilerOptions(comparesTraces: true))) {
          let box = Box()
          let f = compile { (x: Tensor) in (x, box.next()) }
          _ = f(x)
          _ = f(x)
        }
      }
    ),
    (
      "compile: the second trace differs: state is 1, then 2",
      {
        withCompiler(Compiler(CompilerOptions(comparesTraces: true))) {
          let box = Box()
          let f = compile { (n: inout Int, x: Tensor) in
            n = box.next()
            return x
          }
          for _ in 0..<2 {
            var n = 0
            _ = f(&n, x)
          }
        }
      }
    ),
  ]

  static let memory: [Mistake] = [
    (
      "cannot run the program: no memory for 4398046511104 bytes",
      { _ = compile { (x: Tensor) in x[0] + Tensor.zeros([1 << 40]) }(x) }
    ),
    (
      "cannot run the program: no memory for 4398046511104 bytes, for the f32[1099511627776] of "
        + "CompileMisuseTests.swift:",
      { _ = (x[0] + Tensor.zeros([1 << 40])).scalars(as: Float.self) }
    ),
  ]

  static let updates: [Mistake] = [
    (
      "subscript: f32[2] = i64[1]: operands of one type expected; cast(to:) converts",
      {
        var y = x
        y[0..<1] = Tensor([1])
      }
    ),
    (
      "subscript: a slice of shape [1] = f32[2]: it does not broadcast",
      {
        var y = x
        y[1...] = Tensor([1.0, 2])
      }
    ),
    (
      "subscript: i64[2] = 0.5: it is no i64",
      {
        var y = Tensor([1, 2])
        y[0] = 0.5
      }
    ),
    (
      "subscript: f32[2]: index 2 on axis 0 of extent 2",
      {
        var y = x
        y[2] = 1
      }
    ),
    (
      "subscript: f32[2]: 2 indices for 1 axes",
      {
        var y = x
        y[0, 0] += 1
      }
    ),
    (
      "subscript: more than one ellipsis",
      {
        var y = x
        y[.ellipsis, .ellipsis] = 1
      }
    ),
    (
      "subscript: f32[2]: a stride of 0 on axis 0",
      {
        var y = x
        y[.stride(by: 0)] = 1
      }
    ),
    (
      "subscript: a slice of shape [2] = f32[3]: it does not broadcast",
      {
        _ = compile { (x: Tensor) in
          var y = x
          y[.all] = Tensor([1.0, 2, 3])
          return y
        }(x)
      }
    ),
  ]

  static let randomNumbers: [Mistake] = [
    ("RandomKey: f32[2], expected u32[2]", { _ = RandomKey(words: x) }),
    ("split: -1 keys", { _ = key.split(-1) }),
    ("folding: f32[2], expected an integer of rank 0", { _ = key.folding(in: x) }),
    (
      "randomUniform: nothing to draw from in 1.0..<1.0",
      { _ = Tensor.randomUniform([1], in: 1..<1, key: key) }
    ),
    (
      "randomUniform: a float type expected, found i64",
      { _ = Tensor.randomUniform([1], .i64, key: key) }
    ),
    (
      "randomNormal: a float type expected, found u32",
      { _ = Tensor.randomNormal([1], .u32, key: key) }
    ),
    (
      "randomTruncatedNormal: nothing to draw from in 1.0...1.0",
      { _ = Tensor.randomTruncatedNormal([1], in: 1...1, key: key) }
    ),
    (
      "randomIntegers: no i32 to draw from in 0..<0",
      { _ = Tensor.randomIntegers([1], in: 0..<0, .i32, key: key) }
    ),
    (
      "randomIntegers: no i32 to draw from in 0..<4294967296",
      { _ = Tensor.randomIntegers([1], in: 0..<1 << 32, .i32, key: key) }
    ),
    (
      "randomIntegers: an integer type expected, found f32",
      { _ = Tensor.randomIntegers([1], in: 0..<3, .f32, key: key) }
    ),
    (
      "randomBernoulli: 1.5 is no probability",
      { _ = Tensor.randomBernoulli([1], probability: 1.5, key: key) }
    ),
    (
      "randomCategorical: a float type expected, found i64",
      { _ = Tensor.randomCategorical(logits: Tensor([1, 2]), key: key) }
    ),
    (
      "randomPermutation: 65537 elements, expected 0 to 65536",
      { _ = Tensor.randomPermutation(65_537, key: key) }
    ),
    (
      "randomBits: u32 or u64 expected, found i32",
      { _ = Tensor.randomBits([1], .i32, key: key) }
    ),
    ("randomNormal: negative extent in [-1]", { _ = Tensor.randomNormal([-1], key: key) }),
  ]

  static let all = traces + structures + changes + memory + updates + randomNumbers

  @Test(arguments: all.indices) func saysWhatIsWrong(index: Int) async {
    let result = await #expect(
      processExitsWith: .failure, observing: [\.standardErrorContent]
    ) { [index] in
      Self.all[index].make()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(Self.all[index].message), "\(text)")
    #expect(text.hasPrefix("CompileMisuseTests.swift:"), "\(text)")
    #expect(text.split(separator: "\n").count == 1, "\(text)")
  }

  @Test func thereAreFortyOfThem() { #expect(Self.all.count >= 40) }

  @Test func placesAreThoseOfTheMistake() async {
    for (line, message, mistake) in Places.all {
      let result = await #expect(
        processExitsWith: .failure, observing: [\.standardErrorContent]
      ) { [mistake = mistake as Int] in
        Places.make(mistake)
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(text.hasPrefix("CompileMisuseTests.swift:\(line): \(message)"), "\(text)")
    }
  }

  @Test func changingNumbersAreWarnedAbout() async {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardErrorContent]
    ) {
      Places.changeNumbers()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.split(separator: "\n").count == 1, "\(text)")
    #expect(
      text.hasPrefix(
        "CompileMisuseTests.swift:\(Places.number): warning: 8 programs were compiled that differ in numbers only: 0.14285715 → 0.125; "
          + "make it a Tensor"), "\(text)")
  }

  @Test func changingSignaturesAreWarnedAbout() async {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardErrorContent]
    ) {
      let f = compile { (x: Tensor) in x + 1 }
      for count in 1...9 { _ = f(Tensor.zeros([count])) }
      let g = compile { (adam: Adam) in adam.weight * adam.learningRate }
      for rate in [0.001, 0.0009, 0.0008] { _ = g(Adam(learningRate: rate)) }
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    let lines = text.split(separator: "\n")
    #expect(lines.count == 2, "\(text)")
    #expect(
      text.contains(
        "warning: 8th compile: argument: f32[7] → f32[8]; are all needed?"), "\(text)")
    #expect(
      text.contains(
        "warning: 3rd compile: Adam.learningRate 0.0009 → 0.0008; make it a Tensor"), "\(text)")
  }
}

/// Mistakes whose line is known.
private enum Places {
  static let all: [(line: Int, message: String, mistake: Int)] = [
    (read, "a value is read while", 0), (leak, "compile: a value made here is kept", 1),
    (change, "compile: the second trace differs", 2), (call, "cannot run the program", 3),
  ]

  static func make(_ mistake: Int) { [readIt, leakIt, changeIt, callIt][mistake]() }

  static let read = #line + 3
  static func readIt() {
    let f = compile { (x: Tensor) in
      x.sum().item() > 0 ? x : -x
    }
    _ = f(x)
  }

  static let leak = #line + 5
  static func leakIt() {
    let box = Box()
    let f = compile { (x: Tensor) in
      let y = x + 1
      let z = y * 2
      box.keep(z)
      return y
    }
    _ = f(x)
  }

  static let change = #line + 5
  static func changeIt() {
    let box = Box()
    twice { x in
      let y = x + 1
      return y * Float(box.next())
    }
  }

  static let number = #line + 4
  /// A number that changes from step to step, beside a tensor that does.
  static func changeNumbers() {
    for step in 1...10 {
      _ = (x * (1 / Float(step)) + 1).scalars(as: Float.self)
    }
    for step in 1...10 {
      let rate = Tensor(1 / Float(step))
      _ = (x * rate).scalars(as: Float.self)
    }
  }

  static let call = #line + 5
  static func callIt() {
    let f = compile { (x: Tensor) in
      x[0] + Tensor.zeros([1 << 40])
    }
    _ = f(x)
  }
}
