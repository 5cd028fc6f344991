package main

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
	"time"
)

// Inner and Thing are the structs of the standard data; the tests have the same as host objects.
type Inner struct {
	Name  string
	Count int
}

type Thing struct {
	Name  string
	Count int
	Inner *Inner
	Any   any
}

func (t *Thing) Hello(who string) string { return t.Name + " greets " + who }
func (t *Thing) Sum(base int, more ...int) int {
	n := base
	for _, m := range more {
		n += m
	}
	return n
}
func (t *Thing) Broken() (string, error) { return "", errors.New("broken thing") }
func (t *Thing) Map() map[string]any     { return map[string]any{"k": "v"} }

type Version struct{ Major string }

func (v Version) String() string { return "v" + v.Major }

type Values map[string]any

func (v Values) Keys(prefix string) string {
	n := 0
	for k := range v {
		if strings.HasPrefix(k, prefix) {
			n++
		}
	}
	return fmt.Sprint(prefix, n)
}

type Set []string

func (s Set) Has(x string) bool {
	for _, y := range s {
		if x == y {
			return true
		}
	}
	return false
}

func standard() any {
	return map[string]any{
		"true":    true,
		"false":   false,
		"zero":    0,
		"one":     1,
		"int":     17,
		"int64":   int64(64),
		"uint8":   uint8(200),
		"uint64":  uint64(1<<63 + 5),
		"neg":     -3,
		"float":   1.5,
		"million": 1234567.0,
		"whole":   3.0,
		"text":    "some text",
		"empty":   "",
		"html":    "<a href=\"x\">'&'</a>\x00é\u2028",
		"binary":  "a\xff\xfeb",
		"nil":     nil,
		"list":    []any{1, "two", 3.5, nil, true},
		"none":    []any{},
		"nillist": []any(nil),
		"nilmap":  map[string]any(nil),
		"strings": []string{"b", "a"},
		"ints":    []int{5, 6},
		"lists":   [][]string{{"x"}, {"y", "z"}},
		"bytes":   []byte("bytes"),
		"map":     map[string]any{"b": 2, "a": "A", "n": nil, "deep": map[string]any{"er": map[string]any{"x": "deepest"}}},
		"labels":  map[string]string{"app": "web", "tier": "front"},
		"nomap":   map[string]any{},
		"error":   errors.New("an error"),
		"func":    func(a string, b ...int) string { return fmt.Sprint(a, len(b)) },
		"struct":  Inner{"in", 3},
		"thing":   &Thing{"thing", 5, &Inner{"inner", 7}, nil},
		"hollow":  &Thing{"hollow", 0, nil, "x"},
		"nothing": (*Thing)(nil),
		"version": Version{"1"},
		"values":  Values{"a": 1, "ab": map[string]any{"x": 1}},
		"set":     Set{"v1", "apps/v1"},
		"wait":    90 * time.Second,
	}
}

func functions() template.FuncMap {
	return template.FuncMap{
		"str":     func(s string) string { return "<" + s + ">" },
		"num":     func(i int) int { return i + 1 },
		"long":    func(i int64) int64 { return i + 1 },
		"small":   func(i uint8) uint8 { return i },
		"real":    func(f float64) float64 { return f },
		"flag":    func(b bool) bool { return !b },
		"table":   func(m map[string]any) int { return len(m) },
		"labels":  func(m map[string]string) int { return len(m) },
		"items":   func(l []any) int { return len(l) },
		"words":   func(l []string) string { return strings.Join(l, "+") },
		"some":    func(v any) any { return v },
		"kind":    func(v any) string { return fmt.Sprintf("%T", v) },
		"many":    func(s string, n ...int) string { return fmt.Sprint(s, n) },
		"dict":    func() map[string]any { return map[string]any{"a": map[string]any{"b": "dict"}} },
		"list":    func(l ...any) []any { return l },
		"null":    func() any { return nil },
		"fail":    func(s string) (string, error) { return "", errors.New(s) },
		"set":     func(m map[string]any, k string, v any) map[string]any { m[k] = v; return m },
		"maker":   func() any { return func(n int) string { return strings.Repeat("m", n) } },
		"inner":   func(i Inner) string { return i.Name },
		"complex": func(c complex128) string { return fmt.Sprint(c) },
		"err":     func(e error) string { return fmt.Sprint(e) },
	}
}
