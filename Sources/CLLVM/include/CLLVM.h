// LLVM's C API as Lathe uses it, and the call that opens the library behind it.
#ifndef CLLVM_H
#define CLLVM_H

#include "CLLVMVersion.h"

#ifndef CLLVM_VERSION
#error "Lathe needs the headers of LLVM 22 or 19: install llvm-22-dev or llvm-19-dev"
#else

#include "llvm-c/Analysis.h"
#include "llvm-c/Core.h"
#include "llvm-c/Error.h"
#include "llvm-c/IRReader.h"
#include "llvm-c/LLJIT.h"
#include "llvm-c/Orc.h"
#include "llvm-c/Support.h"
#include "llvm-c/Target.h"
#include "llvm-c/TargetMachine.h"
#include "llvm-c/Transforms/PassBuilder.h"

/// Opens libLLVM and binds every function of functions.def to it.
///
/// Nothing else may be called before it returned 1. Later calls return the first one's result at
/// once; any thread may call it. On failure it returns 0 and points `*error` at a message that
/// lives as long as the process.
int cllvm_load(const char **error);

/// Path of the library's file; NULL while it is not loaded.
const char *cllvm_path(void);

/// The nanoseconds that `cllvm_load` took; 0 while libLLVM is not loaded.
unsigned long long cllvm_load_ns(void);

#endif
#endif
