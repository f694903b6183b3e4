// Subscripts: reading and updating a tensor's elements, slices and strides.

import Driver
import IRCore
import TensorIR

extension Tensor {
  /// Elements, slices and strides; axes that no index names stay whole.
  ///
  /// ```swift
  /// x[0]               // the first row
  /// x[-1, 1..<3]       // of the last row, elements 1 and 2
  /// x[.all, .stride(by: 2)]
  /// x[.ellipsis, .newAxis]
  /// x[indices, .all, columns]   // at integers, as gathers read; -1 is the last place
  /// x[x .> 0]          // the elements where a mask holds, on the right not inside `compile`
  /// x[x .< 0] = 0
  /// x[0] = y           // the first row; y broadcasts
  /// ```
  ///
  /// Of several elements that index tensors write to one place, the last stays. A slice shares the tensor's memory where it can. Assigning never changes another tensor, be it
  /// a copy or a slice: outside `compile` it computes both sides at once and writes in place when
  /// nothing else uses the memory, into a copy else; inside it is one more operation.
  public subscript<each Index: TensorIndex>(
    _ indices: repeat each Index, file file: String = #fileID, line line: Int = #line
  ) -> Tensor {
    get {
      var selections: [AxisSelection] = []
      for index in repeat each indices { selections.append(index.selection) }
      let location = SourceLocation.line(file: file, line: line)
      if let row = row(of: &selections, at: location) {
        return row.reading(row.places(selections, at: location), at: location)
      }
      return reading(places(selections, at: location), at: location)
    }
    set {
      var selections: [AxisSelection] = []
      for index in repeat each indices { selections.append(index.selection) }
      let location = SourceLocation.line(file: file, line: line)
      if assignRow(newValue, selections, at: location) { return }
      if assignWhere(newValue, selections, at: location) { return }
      assign(newValue, to: places(selections, at: location), at: location)
    }
    // Written out, because Swift 6.3.1 crashes when it makes this accessor for a parameter pack.
    _modify {
      var selections: [AxisSelection] = []
      for index in repeat each indices { selections.append(index.selection) }
      let location = SourceLocation.line(file: file, line: line)
      var rest = selections
      if var part = row(of: &rest, at: location) {
        part = part.reading(part.places(rest, at: location), at: location)
        yield &part
        _ = assignRow(part, selections, at: location)
        return
      }
      let places = places(selections, at: location)
      var part = reading(places, at: location)
      yield &part
      assign(part, to: places, at: location)
    }
  }

  func slice(_ selections: [AxisSelection], at location: SourceLocation) -> Slice {
    var slice = Slice(of: shape)
    for selection in expanded(selections, at: location) {
      if let problem = slice.append(selection) {
        misuse("subscript: \(typeText): \(problem)", at: location)
      }
    }
    return slice
  }

  /// The selections with the ellipsis, or the missing rest, written as whole axes.
  func expanded(
    _ selections: [AxisSelection], at location: SourceLocation
  ) -> [AxisSelection] {
    let ellipses = selections.count { $0 == .rest }
    let used = selections.reduce(0) { $0 + $1.axisCount }
    guard ellipses <= 1 else { misuse("subscript: more than one ellipsis", at: location) }
    guard used <= rank else {
      misuse("subscript: \(typeText): \(used) indices for \(rank) axes", at: location)
    }
    let whole = [AxisSelection](repeating: .all, count: rank - used)
    guard let place = selections.firstIndex(of: .rest) else { return selections + whole }
    return selections[..<place] + whole + selections[(place + 1)...]
  }
}

extension Tensor {
  /// Rows of values in memory up to so many bytes are copied where memory cannot be shared, so that
  /// a loop over them compiles one program and not one for each index.
  private static let copiedBytes: Int = 65_536

  func reading(_ slice: Slice, at location: SourceLocation) -> Tensor {
    // While a loop is open nothing is done at once: its steps would look different.
    if OpenLoops.currentStep == nil, let storage = readyStorage, slice.shape != shape,
      let first = slice.run
    {
      let size = dtype.byteSize
      let bytes = first * size..<(first + slice.shape.reduce(1, *)) * size
      if !bytes.isEmpty, let part = Storage(bytes, of: storage) {
        return Tensor(part, dtype: dtype, shape: slice.shape, at: location)
      }
      if bytes.count <= Self.copiedBytes, let copy = try? Storage(byteCount: bytes.count) {
        copy.withUnsafeMutableBytes { target in
          storage.withUnsafeBytes {
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[bytes]))
          }
        }
        return Tensor(copy, dtype: dtype, shape: slice.shape, at: location)
      }
    }
    return view(slice.indices, slice.shape, at: location)
  }

  mutating func assign(_ value: Tensor, to slice: Slice, at location: SourceLocation) {
    let value = value.fitted(to: self, slice, at: location)
    if isTraced || value.isTraced || OpenLoops.currentStep != nil {
      self = updated(slice, with: value, at: location)
      return
    }
    let elements = value.storage(at: location)
    evaluate(at: location)
    let type = TensorSignature(self)
    let target: Storage
    if let own = uniqueStorage() {
      target = own
    } else {
      do { target = try Storage(copying: storage(at: location)) } catch {
        misuse("subscript: \(typeText): \(error)", at: location)
      }
      self = Tensor(target, dtype: type.dtype, shape: type.shape, at: location)
    }
    target.write(elements, to: slice, size: type.dtype.byteSize)
  }

  /// This value with the element type of `tensor` and the shape of `slice`.
  func fitted(to tensor: Tensor, _ slice: Slice, at location: SourceLocation) -> Tensor {
    let value = typed(as: tensor, at: location)
    // Leading axes of extent 1 may be missing from the slice, as in other assignments of arrays.
    guard Self.join(value.shape, slice.shape) == slice.shape else {
      misuse(
        "subscript: a slice of shape \(slice.shape) = \(value.typeText): it does not broadcast",
        at: location)
    }
    return value.broadcast(to: slice.shape, "subscript", at: location)
  }

  /// This value with the element type of `tensor`, to which it is assigned.
  func typed(as tensor: Tensor, at location: SourceLocation) -> Tensor {
    var value = self
    if case .scalar(let scalar) = representation {
      guard let literal = scalar.literal(tensor.dtype) else {
        misuse("subscript: \(tensor.typeText) = \(scalar): it is no \(tensor.dtype)", at: location)
      }
      value = Tensor(
        .constant(TensorData(tensor.dtype, [literal])), [], dtype: tensor.dtype, shape: [],
        at: location)
    }
    guard value.dtype == tensor.dtype else {
      misuse(
        "subscript: \(tensor.typeText) = \(value.typeText): operands of one type expected; "
          + "cast(to:) converts", at: location)
    }
    return value
  }

  /// This tensor with `value` in the places of a slice, as one operation.
  private func updated(
    _ slice: Slice, with value: Tensor, at location: SourceLocation
  ) -> Tensor {
    let placed = value.view(slice.inverse(fill: .zero(dtype)), shape, at: location)
    let guards = slice.guards
    guard !guards.isEmpty else { return placed }
    let truth = Tensor(
      .constant(TensorData(.bool, [.bool(true)])), [], dtype: .bool, shape: [], at: location)
    let mask = truth.view(
      View([], guards: guards, fill: .bool(false)), shape, at: location)
    return Self.apply(.select, [mask, placed, self], at: location)
  }
}

extension Storage {
  /// Writes the elements of `source`, of `size` bytes each, to the places of a slice.
  fileprivate func write(_ source: Storage, to slice: Slice, size: Int) {
    withUnsafeMutableBytes { target in
      source.withUnsafeBytes { elements in
        slice.forEachRun { place, position, count in
          let bytes = elements[position * size..<(position + count) * size]
          UnsafeMutableRawBufferPointer(rebasing: target[(place * size)...])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes))
        }
      }
    }
  }
}
