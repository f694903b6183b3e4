#pragma once
int cllvm_placeholder(void);
