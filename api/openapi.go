package api

import (
	"embed"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"liaison.example/office"
	"liaison.example/people"
)

// schema is a JSON schema (2020-12), as OpenAPI 3.1 has them.
type schema = map[string]any

// openAPI is the description of all operations as OpenAPI 3.1. It is made from
// the table of operations and the types that they name, once.
var openAPI = sync.OnceValue(func() []byte {
	d := description{schemas: schema{}, types: map[string]reflect.Type{}, said: readSaid()}
	text, err := json.MarshalIndent(d.document(), "", "  ")
	if err != nil {
		panic("the description of the operations does not become JSON: " + err.Error())
	}
	return append(text, '\n')
})

// OpenAPI returns the description of all operations as OpenAPI 3.1, in JSON.
func OpenAPI() []byte { return openAPI() }

func (s *server) describe(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(openAPI()) // a client that is gone hears nothing
	return nil
}

// description is an OpenAPI document that is being made.
type description struct {
	schemas schema // of structs, by their names
	types   map[string]reflect.Type
	said    said
}

const aboutAll = `The office as programs see it. On the local socket in the data folder all of it may be asked without a token, by the operator of the machine. On the listener of the pages each request needs a token with the scope that stands beside the operation; what only the operator may do has none.

Members of a request that are not known are refused; members of an answer may be added. Whatever was not done is answered with a Problem, whose detail is a sentence in the language that Accept-Language asks for. Lists are paged by cursors, which stay right while entries arrive. Whatever writes takes the header Idempotency-Key.`

func (d *description) document() schema {
	problem := d.of(reflect.TypeFor[Problem]())
	paths := schema{}
	for i := range operations {
		o := &operations[i]
		path, _ := paths[Path+o.path].(schema)
		if path == nil {
			path = schema{}
			paths[Path+o.path] = path
		}
		path[strings.ToLower(o.method)] = d.operation(o)
	}
	paths[descriptionPath] = schema{"get": schema{
		"operationId": "getDescription", "summary": "This description. It needs no token.", "security": []any{},
		"responses": schema{"200": schema{"description": "OpenAPI 3.1", "content": schema{"application/json": schema{"schema": schema{"type": "object"}}}}},
	}}
	scopes := []string{}
	for _, scope := range people.Scopes {
		scopes = append(scopes, string(scope))
	}
	return schema{
		"openapi": "3.1.0",
		"info": schema{
			"title": "Liaison", "version": "1", "description": aboutAll,
			"license": schema{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"servers": []any{schema{"url": "/", "description": "The listener of the pages, or the local socket."}},
		"paths":   paths,
		"components": schema{
			"schemas": d.schemas,
			"responses": schema{"Problem": schema{
				"description": "It was not done.",
				"content":     schema{"application/problem+json": schema{"schema": problem}},
			}},
			"securitySchemes": schema{"token": schema{
				"type": "http", "scheme": "bearer", "description": "A token with an end, for an account or a post. Scopes: " + strings.Join(scopes, ", ") + ".",
			}},
		},
	}
}

var braces = regexp.MustCompile(`\{([a-z]+)\}`)

func (d *description) operation(o *operation) schema {
	parameters := []any{}
	for _, name := range braces.FindAllStringSubmatch(o.path, -1) {
		p := inPath[name[1]] // that none is missing is tested
		parameters = append(parameters, schema{"name": p.name, "in": "path", "required": true, "description": p.about, "schema": p.schema})
	}
	for _, p := range o.query {
		parameters = append(parameters, schema{"name": p.name, "in": "query", "description": p.about, "schema": p.schema})
	}
	if o.answer == mediaEvents {
		d.of(reflect.TypeFor[Event]())
		parameters = append(parameters, schema{
			"name": "Last-Event-ID", "in": "header", "schema": schema{"type": "string", "maxLength": maxEventID},
			"description": "The id of the last event that was heard: the stream goes on after it. Without it, it begins with what happens from now on.",
		})
	}
	if o.takesKey() {
		parameters = append(parameters, schema{
			"name": keyHeader, "in": "header", "schema": schema{"type": "string", "minLength": 1, "maxLength": maxKey},
			"description": "A key of the caller's choice, new for each thing that is asked for. The same request under the same key is done once and answered in the same way, for at least 24 hours, also if the node is killed in between; what was refused may be asked for again.",
		})
	}
	answer := schema{"description": http.StatusText(o.status)}
	switch kind := o.answer.(type) {
	case nil:
	case media:
		content := schema{"type": "string"}
		if kind == mediaEvents {
			content["description"] = "Server-sent events, whose data is each an Event."
		}
		answer["content"] = schema{string(kind): schema{"schema": content}}
	default:
		answer["content"] = schema{"application/json": schema{"schema": d.of(reflect.TypeOf(kind))}}
	}
	out := schema{
		"operationId": o.id, "summary": o.about,
		"responses": schema{strconv.Itoa(o.status): answer, "default": schema{"$ref": "#/components/responses/Problem"}},
	}
	if o.scope == byOperatorOnly {
		out["security"] = []any{}
		out["description"] = "Only for the operator of the machine, through the local socket."
	} else {
		out["security"] = []any{schema{"token": []any{string(o.scope)}}}
	}
	if len(parameters) > 0 {
		out["parameters"] = parameters
	}
	if kind, is := o.body.(media); is {
		out["requestBody"] = schema{"required": true, "content": schema{string(kind): schema{"schema": schema{"type": "string"}}}}
	} else if o.body != nil {
		out["requestBody"] = schema{"required": true, "content": schema{"application/json": schema{"schema": d.of(reflect.TypeOf(o.body))}}}
	}
	return out
}

// schemaOfPrecedence names the precedences, the most urgent first.
var schemaOfPrecedence = schema{"type": "string", "enum": office.Precedences}

// plain are the types that become other than what they are made of.
var plain = map[reflect.Type]schema{
	reflect.TypeFor[time.Time]():            {"type": "string", "format": "date-time"},
	reflect.TypeFor[office.EntryID]():       {"type": "string", "pattern": `^[a-z][a-z0-9-]{0,30}/(0|[1-9][0-9]*)$`, "examples": []string{"south/17"}},
	reflect.TypeFor[office.Precedence]():    schemaOfPrecedence,
	reflect.TypeFor[State]():                {"type": "string", "enum": []State{Queued, Received, Acknowledged, Disputed, ReadBack, Confirmed, Considered, Answered, Closed}},
	reflect.TypeFor[office.Awaits]():        {"type": "string", "enum": office.AllAwaits},
	reflect.TypeFor[office.Mark]():          {"type": "string", "enum": office.Marks},
	reflect.TypeFor[office.Means]():         {"type": "string", "enum": office.AllMeans},
	reflect.TypeFor[office.Outcome]():       {"type": "string", "enum": office.Outcomes},
	reflect.TypeFor[office.View]():          {"type": "string", "enum": office.Views},
	reflect.TypeFor[office.RelationKind]():  {"type": "string", "enum": office.RelationKinds},
	reflect.TypeFor[office.Releasability](): {"type": "string", "enum": office.Releasabilities},
	reflect.TypeFor[office.ReadbackWord]():  {"type": "string", "enum": office.ReadbackWords},
	reflect.TypeFor[office.Readability]():   {"type": "string", "enum": office.Readabilities},
	reflect.TypeFor[office.CheckResult]():   {"type": "string", "enum": office.CheckResults},
	reflect.TypeFor[SwapState]():            {"type": "string", "enum": people.SwapStates},
	reflect.TypeFor[DraftState]():           {"type": "string", "enum": people.DraftStates},
	reflect.TypeFor[Scope]():                {"type": "string", "enum": people.Scopes},
}

// of gives the schema of a type.
func (d *description) of(t reflect.Type) schema {
	if s, is := plain[t]; is {
		return s
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.of(t.Elem())
	case reflect.String:
		return schema{"type": "string"}
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return schema{"type": "integer", "format": "int64"}
	case reflect.Float64:
		return schema{"type": "number"}
	case reflect.Slice:
		return schema{"type": "array", "items": d.of(t.Elem())}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": d.of(t.Elem())}
	case reflect.Struct:
		return d.object(t)
	}
	panic("no schema for " + t.String())
}

// object puts a struct among the schemas and gives the reference to it.
func (d *description) object(t reflect.Type) schema {
	name := t.Name()
	reference := schema{"$ref": "#/components/schemas/" + name}
	if known := d.types[name]; known == t {
		return reference
	} else if known != nil {
		panic("two types are called " + name)
	}
	object := schema{"type": "object"}
	d.types[name], d.schemas[name] = t, object
	properties, required := schema{}, []string{}
	for _, field := range reflect.VisibleFields(t) {
		key, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if key == "-" || !field.IsExported() || field.Anonymous {
			continue // of what is embedded, the fields come by themselves
		}
		if key == "" {
			panic(fmt.Sprintf("%s.%s has no name in JSON", name, field.Name))
		}
		value := d.of(field.Type)
		optional := options == "omitempty" || options == "omitzero"
		if field.Type.Kind() == reflect.Pointer && !optional {
			value = schema{"anyOf": []any{value, schema{"type": "null"}}}
		}
		owner := t
		for _, i := range field.Index[:len(field.Index)-1] {
			owner = owner.Field(i).Type
		}
		if about := d.said[owner.Name()+"."+field.Name]; about != "" {
			value = with(value, "description", about)
		}
		properties[key] = value
		if !optional {
			required = append(required, key)
		}
	}
	object["properties"] = properties
	if len(required) > 0 {
		object["required"] = required
	}
	if about := d.said[name]; about != "" {
		object["description"] = about
	}
	return reference
}

// with is a schema with one member more.
func with(s schema, name string, value any) schema {
	out := schema{name: value}
	for k, v := range s {
		out[k] = v
	}
	return out
}

// said is what the source says of types, and of their fields as "Type.Field".
type said map[string]string

// source is the files with the types that stand in requests and answers. Their
// comments are the description, so that there are no two that could differ.
//
//go:embed types.go types_account.go types_draft.go types_hours.go types_linecheck.go types_own.go types_readback.go types_roster.go types_silence.go types_statistics.go types_tender.go types_told.go types_upload.go types_watch.go problem.go
var source embed.FS

func readSaid() said {
	all := said{}
	for _, name := range []string{"types.go", "types_account.go", "types_draft.go", "types_hours.go", "types_linecheck.go", "types_roster.go", "types_silence.go", "types_statistics.go", "types_tender.go", "types_told.go", "types_watch.go", "problem.go"} {
		text, err := source.ReadFile(name)
		if err != nil {
			panic(err.Error()) // it is embedded
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			panic(err.Error()) // it was compiled
		}
		for _, declaration := range file.Decls {
			if g, is := declaration.(*ast.GenDecl); is && g.Tok == token.TYPE {
				all.add(g)
			}
		}
	}
	return all
}

func (all said) add(g *ast.GenDecl) {
	for _, spec := range g.Specs {
		t := spec.(*ast.TypeSpec)
		all[t.Name.Name] = oneLine(g.Doc.Text())
		structure, is := t.Type.(*ast.StructType)
		if !is {
			continue
		}
		for _, field := range structure.Fields.List {
			about := oneLine(field.Doc.Text() + " " + field.Comment.Text())
			for _, name := range field.Names {
				all[t.Name.Name+"."+name.Name] = about
			}
		}
	}
}

// oneLine is the first paragraph of a comment in one line.
func oneLine(comment string) string {
	first, _, _ := strings.Cut(comment, "\n\n")
	return strings.Join(strings.Fields(first), " ")
}
