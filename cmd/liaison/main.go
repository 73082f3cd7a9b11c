// Command liaison runs one side's node of a joint liaison office, and is the
// tool with which its officers and operators work from a terminal.
//
// "liaison serve" and "liaison demo" run nodes. The other commands speak to a
// running node over its local socket (package api), or work on files.
// "liaison help all" prints the whole manual.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // the zones of sides, on machines that lack them
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"liaison.example/api"
)

// The exit codes. They stand in the manual and do not change.
const (
	exitOK      = 0
	exitFailed  = 1 // refused, or failed: a sentence on stderr says why
	exitUsage   = 2 // the command line or the settings cannot be understood
	exitTimeout = 3 // the time ran out; what was sent is safely queued
)

// commands is the one table of commands.
type commands struct {
	Init     initCommand     `cmd:"" group:"setup" help:"Make the data folder of a new node: settings, keys, recovery key." usage:"DIR --office NAME --side ID"`
	Credence credenceCommand `cmd:"" group:"setup" help:"Print this side's credence, for the operators of the other sides." usage:"[DIR]"`
	Admit    admitCommand    `cmd:"" group:"setup" help:"Admit another side by its credence." usage:"[DIR] FILE"`
	Charter  charterCommand  `cmd:"" group:"setup" help:"Show the charter, or amend it by consent."`
	Form     formCommand     `cmd:"" group:"setup" help:"Show the forms of dispatches, or agree on them."`
	Posts    postsCommand    `cmd:"" group:"setup" help:"List, accredit and end the posts that act for this side."`
	Rank     rankCommand     `cmd:"" group:"setup" help:"Show and change which ranks this side deems equal to those of others."`
	Officer  officerCommand  `cmd:"" group:"setup" help:"Add, change and suspend the accounts of this side's own people."`
	Token    tokenCommand    `cmd:"" group:"setup" help:"List, make and end the tokens with which programs act."`
	Session  sessionCommand  `cmd:"" group:"setup" help:"List and end the sessions of a person at the pages."`
	Quiet    quietCommand    `cmd:"" group:"setup" help:"Show and set the hours in which a person is told of nothing that is not urgent."`
	Webhook  webhookCommand  `cmd:"" group:"setup" help:"List, add and remove the programs that are told of entries."`
	Told     toldCommand     `cmd:"" group:"setup" help:"Show by which means people of this side are told, set one up, and test it."`
	SignIn   signInCommand   `cmd:"" name:"sign-in" group:"setup" help:"Print a one-time link with which a post signs in to the pages." usage:"[DIR] --post POST"`

	Serve  serveCommand  `cmd:"" group:"node" help:"Run the node." usage:"[DIR]"`
	Demo   demoCommand   `cmd:"" group:"node" help:"Run two nodes on this machine, filled with an example from 2018."`
	Status statusCommand `cmd:"" group:"node" help:"Show the state of the node, its ledgers and its lines; wait for a state." usage:"[DIR]"`
	Doctor doctorCommand `cmd:"" group:"node" help:"Look at all that a node rests on: settings, keys, databases, disk, clock, ports, lines." usage:"[DIR]"`
	Alarms alarmsCommand `cmd:"" group:"node" help:"List alarms, and clear those that are mended."`
	Cut    cutCommand    `cmd:"" group:"node" help:"Cut the line to a side (demonstrations only)." usage:"[DIR] SIDE"`
	Mend   mendCommand   `cmd:"" group:"node" help:"Mend the line to a side that was cut (demonstrations only)." usage:"[DIR] SIDE"`

	Draft      draftCommand      `cmd:"" group:"office" help:"Write, review and release drafts."`
	Code       codeCommand       `cmd:"" group:"office" help:"List the agreed short codes, and release a dispatch by one."`
	Send       sendCommand       `cmd:"" group:"office" help:"Release a dispatch." usage:"[DIR] --channel ID --subject TEXT --text-file FILE"`
	List       listCommand       `cmd:"" group:"office" help:"List dispatches, the newest first." usage:"[DIR]"`
	Show       showCommand       `cmd:"" group:"office" help:"Show one dispatch, or any other entry, with its receipts." usage:"[DIR] ID"`
	Fetch      fetchCommand      `cmd:"" group:"office" help:"Write an enclosure of a dispatch to a file." usage:"[DIR] ID N --output FILE"`
	Ack        ackCommand        `cmd:"" group:"office" help:"Acknowledge a dispatch." usage:"[DIR] ID"`
	Readback   readbackCommand   `cmd:"" group:"office" help:"Restate what was understood of a dispatch; confirm and dispute what the other side understood."`
	Consider   considerCommand   `cmd:"" group:"office" help:"Say that a dispatch is under consideration, and until when." usage:"[DIR] ID --until TIME"`
	Check      checkCommand      `cmd:"" group:"office" help:"Check the code of a printed sheet against the record." usage:"[DIR] CODE"`
	Close      closeCommand      `cmd:"" group:"office" help:"Close a dispatch for this side." usage:"[DIR] ID"`
	Note       noteCommand       `cmd:"" group:"office" help:"Write and list coordination notes, which are not formal communications."`
	Watch      watchCommand      `cmd:"" group:"office" help:"Say who is on watch, now or at a moment; take the watch, and end it."`
	Handover   handoverCommand   `cmd:"" group:"office" help:"Write what a watch leaves to the next, sign that it was taken over, and list both."`
	Roster     rosterCommand     `cmd:"" group:"office" help:"Show who of this side shall be on watch, and keep that plan; give and swap watches."`
	Feed       feedCommand       `cmd:"" group:"office" help:"List, make and end the calendar feeds of a person."`
	View       viewCommand       `cmd:"" group:"office" help:"List, keep and drop the choices of dispatches that a person keeps under a name."`
	Coverage   coverageCommand   `cmd:"" group:"office" help:"Show what each side promises of its watch, and promise it for this side."`
	Personnel  personnelCommand  `cmd:"" group:"office" help:"List changes of personnel, and give notice of one."`
	Hours      hoursCommand      `cmd:"" group:"office" help:"Show when each side is open, and say this side's hours."`
	Tender     tenderCommand     `cmd:"" group:"office" help:"Offer dispatches before they go, accept and decline those of others, and serve them."`
	Silence    silenceCommand    `cmd:"" group:"office" help:"Say why nothing has come of what the sides wait for from each other, and prove it."`
	Suspension suspensionCommand `cmd:"" group:"office" help:"Suspend and resume channels, and list what is suspended."`
	Attempt    attemptCommand    `cmd:"" group:"office" help:"Log, list and confirm attempts to reach a side by other means."`
	Stats      statsCommand      `cmd:"" group:"office" help:"Show figures of months that both sides can accept." usage:"[DIR]"`
	Record     recordCommand     `cmd:"" group:"office" help:"List the entries of all sides in their joint order, the newest first." usage:"[DIR]"`
	Disclose   discloseCommand   `cmd:"" group:"office" help:"Write one entry with its proof, for a third party." usage:"[DIR] ID --output FILE"`

	Export  exportCommand  `cmd:"" group:"keeping" help:"Write all ledgers as static files that public tools can check." usage:"[DIR] OUT"`
	Verify  verifyCommand  `cmd:"" group:"keeping" help:"Check a data folder, an exported folder, a disclosure or a statement of silence from nothing." usage:"PATH..."`
	Backup  backupCommand  `cmd:"" group:"keeping" help:"Write a backup, also while the node runs." usage:"[DIR] FILE"`
	Restore restoreCommand `cmd:"" group:"keeping" help:"Bring a node back from a backup, or from another side's copy." usage:"FILE DIR | --from-peer DIR"`

	Bench      benchCommand      `cmd:"" group:"other" help:"Measure Liaison on this machine, beside the floor."`
	Help       helpCommand       `cmd:"" group:"other" help:"Explain a command; \"help all\" prints the whole manual." usage:"[COMMAND... | all | openapi]"`
	Completion completionCommand `cmd:"" group:"other" help:"Print a script with which the shell completes commands." usage:"bash|zsh"`
	Man        manCommand        `cmd:"" group:"other" help:"Print the manual as a man page."`
	Version    versionCommand    `cmd:"" group:"other" help:"Print the version."`
}

// groups are the parts of the manual, in its order.
var groups = []kong.Group{
	{Key: "setup", Title: "Setting up an office"},
	{Key: "node", Title: "Running the node"},
	{Key: "office", Title: "Working in the office"},
	{Key: "keeping", Title: "Keeping and proving the record"},
	{Key: "other", Title: "Other"},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	t := &terminal{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	os.Exit(run(ctx, t, os.Args[1:]))
}

// run does one command and returns the exit code.
func run(ctx context.Context, t *terminal, args []string) int {
	if code, asked := benchProcess(ctx, t, args); asked {
		return code
	}
	parser, err := newParser(t, args)
	if err != nil {
		fmt.Fprintln(t.err, "liaison:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"help"}
	}
	for i, arg := range args {
		if !utf8.ValidString(arg) { // the parser would change it silently
			return report(t, usagef("argument %d is not UTF-8: %q", i+1, arg))
		}
	}
	command, err := parser.Parse(args)
	if err != nil {
		return report(t, &usageError{err.Error()})
	}
	command.BindTo(ctx, (*context.Context)(nil))
	out := &result{to: t.out}
	t.out = out
	command.Bind(t, parser)
	err = command.Run()
	if err == nil && out.err != nil {
		err = fmt.Errorf("it is done, but the result could not be written: %w", out.err)
	}
	return report(t, err)
}

// newParser makes what understands the command line, of as much of the table of
// commands as it needs.
func newParser(t *terminal, args []string) (*kong.Kong, error) {
	return kong.New(grammar(args),
		kong.Name("liaison"),
		kong.Description("A joint liaison office of two or more sides, as software: one record, held by each."),
		kong.ExplicitGroups(groups),
		kong.Writers(t.out, t.err),
		kong.Help(printHelp),
		kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(readSpan)),
	)
}

// grammar is the table of commands, or, where the command line begins with one of
// them, the row of that one: to read the whole table takes a quarter of the time in
// which a command starts. Those of the last group, such as help, look into the table.
func grammar(args []string) any {
	table := reflect.TypeFor[commands]()
	for i := range table.NumField() {
		row := table.Field(i)
		name := cmp.Or(row.Tag.Get("name"), strings.ToLower(row.Name))
		if len(args) > 0 && args[0] == name && row.Tag.Get("group") != "other" {
			return reflect.New(reflect.StructOf([]reflect.StructField{row})).Interface()
		}
	}
	return &commands{}
}

// readSpan reads a span of time, such as 90s or 5m. A number alone is seconds.
func readSpan(flag *kong.DecodeContext, into reflect.Value) error {
	var text string
	if err := flag.Scan.PopValueInto("span of time", &text); err != nil {
		return err
	}
	const most = 366 * 24 * 60 * 60 // seconds
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil && seconds <= most {
		into.SetInt(int64(time.Duration(seconds) * time.Second))
		return nil
	}
	span, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%q is not a span of time: use 30s, 5m or 2h; a number alone is seconds", text)
	}
	into.SetInt(int64(span))
	return nil
}

// usageError says that the command line or the settings cannot be understood.
type usageError struct{ sentence string }

func (e *usageError) Error() string { return e.sentence }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// timeoutError says that the time ran out, and what stands anyway.
type timeoutError struct{ sentence string }

func (e *timeoutError) Error() string { return e.sentence }

// report prints what went wrong, if anything did, and returns the exit code.
func report(t *terminal, err error) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(t.err, "liaison:", err)
	var usage *usageError
	var timeout *timeoutError
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &timeout), api.IsTimeout(err):
		return exitTimeout
	default:
		return exitFailed
	}
}

// result is where results go. It keeps the first error: a result that was cut
// short must not pass for a whole one.
type result struct {
	to  io.Writer
	err error
}

func (r *result) Write(b []byte) (int, error) {
	n, err := r.to.Write(b)
	if err != nil && r.err == nil {
		r.err = err
	}
	return n, err
}

// terminal is where a command reads and writes.
type terminal struct {
	in       io.Reader
	out, err io.Writer
}
