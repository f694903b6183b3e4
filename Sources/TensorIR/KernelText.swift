// Where the text of a module meets the text of its kernels.

import IRCore
import LoopIR

/// Reads the kernel that begins at the reader's next token.
func readKernel(_ reader: inout TokenReader) throws(TextError) -> Kernel {
  throw reader.error("a kernel's text is not read at this level")
}

/// The text of a kernel with a line feed at its end.
func text(of kernel: Kernel) -> String { "kernel @\(kernel.name)\n" }
