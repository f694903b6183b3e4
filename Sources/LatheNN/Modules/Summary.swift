// What a model holds, in a table.

import Lathe

/// Number of elements that a model trains; statistics are not counted.
public func parameterCount<Model>(of model: Model) -> Int {
  namedTensors(of: model).filter { !$0.isStatistic }.reduce(0) { $0 + $1.tensor.count }
}

/// A table of a model's tensors: path, shape, type and number of elements, with the sum of the
/// trained ones below.
public func summary<Model>(of model: Model) -> String {
  var rows = [["parameter", "shape", "type", "elements"]]
  for entry in namedTensors(of: model) {
    let shape = entry.tensor.shape.map(String.init).joined(separator: " x ")
    rows.append([
      entry.isStatistic ? "\(entry.path) (statistic)" : entry.path, shape.isEmpty ? "-" : shape,
      "\(entry.tensor.dtype)", grouped(entry.tensor.count),
    ])
  }
  rows.append(["trained", "", "", grouped(parameterCount(of: model))])
  let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
  return rows.map { row in
    let cells = row.enumerated().map { column, text in
      let space = String(repeating: " ", count: widths[column] - text.count)
      return column == 3 ? space + text : text + space
    }
    return cells.joined(separator: "  ")
  }.joined(separator: "\n")
}

/// `1,234,567`.
private func grouped(_ number: Int) -> String {
  let digits = Array(String(number))
  return digits.enumerated().reduce(into: "") { text, entry in
    if entry.offset > 0, (digits.count - entry.offset).isMultiple(of: 3) { text.append(",") }
    text.append(entry.element)
  }
}
