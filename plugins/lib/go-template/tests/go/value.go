package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// value is a Go value as the tests write it: [type, content].
type value struct{ v any }

func (x *value) UnmarshalJSON(b []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(b, &pair); err != nil {
		return err
	}
	var kind string
	if err := json.Unmarshal(pair[0], &kind); err != nil {
		return err
	}
	var text string
	var bytes []byte
	var list []value
	var m []struct {
		Key   []byte `json:"k"`
		Value value  `json:"v"`
	}
	var err error
	switch kind {
	case "nil":
	case "string", "bytes":
		err = json.Unmarshal(pair[1], &bytes)
	case "list", "strings":
		err = json.Unmarshal(pair[1], &list)
	case "map", "stringmap":
		err = json.Unmarshal(pair[1], &m)
	default:
		err = json.Unmarshal(pair[1], &text)
	}
	if err != nil {
		return err
	}
	i, _ := strconv.ParseInt(text, 10, 64)
	u, _ := strconv.ParseUint(text, 10, 64)
	switch kind {
	case "nil":
		x.v = nil
	case "bool":
		x.v = text == "true"
	case "int":
		x.v = int(i)
	case "int8":
		x.v = int8(i)
	case "int32":
		x.v = int32(i)
	case "int64":
		x.v = i
	case "uint8":
		x.v = uint8(u)
	case "uint":
		x.v = uint(u)
	case "uint64":
		x.v = u
	case "float": // the bits
		x.v = math.Float64frombits(u)
	case "string":
		x.v = string(bytes)
	case "bytes":
		x.v = append([]byte{}, bytes...)
	case "error":
		x.v = errors.New(text)
	case "list":
		l := []any{}
		for _, item := range list {
			l = append(l, item.v)
		}
		x.v = l
	case "strings":
		l := []string{}
		for _, item := range list {
			l = append(l, item.v.(string))
		}
		x.v = l
	case "map":
		r := map[string]any{}
		for _, entry := range m {
			r[string(entry.Key)] = entry.Value.v
		}
		x.v = r
	case "stringmap":
		r := map[string]string{}
		for _, entry := range m {
			r[string(entry.Key)] = entry.Value.v.(string)
		}
		x.v = r
	default:
		return fmt.Errorf("unknown type %q", kind)
	}
	return nil
}
