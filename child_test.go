package asynclog_test

// children are the programs that the test binary can be; see [asChild].
var children = map[string]func(){}
