package main

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// tables writes the classes of characters as Rust source.
func tables() {
	fmt.Println("//! Ranges of Unicode characters as Go's tables have them; written by tests/go with `go run . tables`.")
	emit("PRINT", "`strconv.IsPrint`", strconv.IsPrint)
	emit("LETTER", "`unicode.IsLetter`", unicode.IsLetter)
	emit("DIGIT", "`unicode.IsDigit`", unicode.IsDigit)
}

func emit(name, doc string, f func(rune) bool) {
	var r [][2]rune
	for c := rune(0); c <= unicode.MaxRune; c++ {
		if !f(c) {
			continue
		}
		if n := len(r); n > 0 && r[n-1][1] == c-1 {
			r[n-1][1] = c
		} else {
			r = append(r, [2]rune{c, c})
		}
	}
	fmt.Printf("\n/// %s\n#[rustfmt::skip]\npub(super) static %s: [(u32, u32); %d] = [", doc, name, len(r))
	line := ""
	for _, x := range r {
		s := fmt.Sprintf("(0x%x, 0x%x), ", x[0], x[1])
		if len(line)+len(s) > 104 || line == "" {
			fmt.Printf("%s\n   ", strings.TrimRight(line, " "))
			line = " "
		}
		line += s
	}
	fmt.Printf("%s\n];\n", strings.TrimRight(line, " "))
}
