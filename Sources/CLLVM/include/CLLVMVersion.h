// Chooses the installed LLVM: 22 before 19, or 19 where CLLVM_PREFER_19 is defined.
#ifndef CLLVM_VERSION_H
#define CLLVM_VERSION_H

#if __has_include(<llvm-c-22/llvm-c/Core.h>) && \
    !(defined(CLLVM_PREFER_19) && __has_include(<llvm-c-19/llvm-c/Core.h>))
#define CLLVM_VERSION 22
#define CLLVM_C_HEADER(path) <llvm-c-22/llvm-c/path>
#define CLLVM_CONFIG_FILE(name) <llvm-22/llvm/Config/name>
#define CLLVM_SONAMES "libLLVM.so.22.1", "libLLVM-22.so", "libLLVM.so.22", "libLLVM-22.so.1"
#elif __has_include(<llvm-c-19/llvm-c/Core.h>)
#define CLLVM_VERSION 19
#define CLLVM_C_HEADER(path) <llvm-c-19/llvm-c/path>
#define CLLVM_CONFIG_FILE(name) <llvm-19/llvm/Config/name>
#define CLLVM_SONAMES "libLLVM.so.19.1", "libLLVM-19.so", "libLLVM.so.19", "libLLVM-19.so.1"
#endif

#endif
