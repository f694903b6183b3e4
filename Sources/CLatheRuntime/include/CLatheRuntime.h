// The run time that compiled programs call.
#pragma once
int lathe_placeholder(void);
