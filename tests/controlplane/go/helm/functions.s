// Empty: with it, Go lets functions.go declare a function without a body.
