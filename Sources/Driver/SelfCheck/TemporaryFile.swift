// Files for people to look at.

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Writes a text into a folder of its own below /tmp, and returns the path; `nil` where that fails.
func writeTemporary(_ text: String, name: String) -> String? {
  var template = Array("/tmp/lathe-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else { return nil }
  let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  let path = "\(folder)/\(name)"
  guard let file = fopen(path, "w") else { return nil }
  let written = fputs(text, file) >= 0
  return fclose(file) == 0 && written ? path : nil
}
