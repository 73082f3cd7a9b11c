package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison.example/api"
	"liaison.example/office"
)

type demoCommand struct {
	Folder    string `name:"dir" default:"liaison-demo" placeholder:"DIR" help:"Where the two data folders are. Default: liaison-demo."`
	Fresh     bool   `help:"Throw away what is there and begin again."`
	Port      int    `default:"8410" placeholder:"N" help:"The first of four ports: the pages of south and north, the links of south and north. Default: 8410."`
	NoBrowser bool   `help:"Do not open a browser."`
}

func (c *demoCommand) Help() string {
	return `Makes an office of two sides, south and north, at kaesong.example, in the folder liaison-demo, or continues the one that is there; runs a node for each as a process of its own, with a real link between them; and prints links with which to sign in as each post. It is filled with an example from 2018: the days and agreements are public history, the dispatches were written for this program.

When both nodes are linked and hold the same record, it prints a line that begins with "ready " and names both addresses. Ctrl-C stops everything; the same command continues it.`
}

// demoTime bounds each step of a demonstration that waits for something.
const demoTime = 2 * time.Minute

// The files of a demonstration, beside the two data folders.
const (
	demoMark = "demonstration" // it is one, and the example is complete in it
	demoLock = "lock"
	demoLog  = "liaison.log" // in each data folder
)

// demoNode is one of the two nodes of a demonstration.
type demoNode struct {
	side      office.Side
	folder    string
	web, link string
	process   *exec.Cmd
	input     *os.File      // while it is open, the child serves
	ended     chan struct{} // closed when the child is gone
}

func (c *demoCommand) Run(ctx context.Context, t *terminal) error {
	err := c.show(ctx, t)
	if err != nil && ctx.Err() != nil { // whatever it was at
		t.say("The demonstration stops.")
		return nil
	}
	return err
}

// show makes or continues the demonstration until it is to stop.
func (c *demoCommand) show(ctx context.Context, t *terminal) error {
	nodes, err := c.nodes()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Folder, 0o700); err != nil {
		return fmt.Errorf("make the folder of the demonstration: %w", err)
	}
	if _, err := c.mark(); err != nil { // before anything is put there, be it the lock
		return err
	}
	release, err := (&folder{path: c.Folder}).lock(ctx, true)
	if err != nil {
		return err
	}
	defer release()
	for _, n := range nodes {
		if err := n.alone(ctx); err != nil {
			return err
		}
		for _, listens := range []struct{ address, what string }{{n.web, "the pages of " + n.side}, {n.link, "the link of " + n.side}} {
			l, err := listen(listens.address, listens.what)
			if err != nil {
				return fmt.Errorf("%w (--port chooses others)", err)
			}
			l.Close()
		}
	}
	if err := c.prepare(ctx, t, nodes); err != nil {
		return err
	}
	defer func() {
		for _, n := range nodes {
			n.stop()
		}
	}()
	for i, n := range nodes {
		if err := n.start(nodes[1-i]); err != nil {
			return err
		}
	}
	if err := whenEqual(ctx, nodes); err != nil {
		return explain(nodes, err)
	}
	if err := c.welcome(ctx, t, nodes); err != nil {
		return explain(nodes, err)
	}
	select {
	case <-ctx.Done():
		t.say("The demonstration stops.")
		return nil
	case <-nodes[0].ended:
		return explain(nodes, fmt.Errorf("the node of %s has ended", nodes[0].side))
	case <-nodes[1].ended:
		return explain(nodes, fmt.Errorf("the node of %s has ended", nodes[1].side))
	}
}

func (c *demoCommand) nodes() ([]*demoNode, error) {
	if c.Port < 1 || c.Port+3 > 65535 {
		return nil, usagef("--port %d: four ports must begin there", c.Port)
	}
	address := func(offset int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Port+offset)) }
	var nodes []*demoNode
	for i, s := range scenarioSides {
		nodes = append(nodes, &demoNode{side: s.id, folder: filepath.Join(c.Folder, s.id), web: address(i), link: address(2 + i)})
	}
	return nodes, nil
}

// alone waits until a node of a demonstration that was killed has ended too.
func (n *demoNode) alone(ctx context.Context) error {
	if _, err := os.Stat(n.folder); err != nil {
		return nil
	}
	release, err := (&folder{path: n.folder}).lock(ctx, true)
	if err != nil {
		return err
	}
	release()
	return nil
}

// prepare makes the two data folders, unless they are there and complete.
func (c *demoCommand) prepare(ctx context.Context, t *terminal, nodes []*demoNode) error {
	text, err := c.mark()
	if err != nil {
		return err
	}
	if text == "complete" && !c.Fresh {
		return nil
	}
	mark := filepath.Join(c.Folder, demoMark)
	if err := writeFile(mark, []byte("begun\n"), 0o600); err != nil {
		return err
	}
	for _, n := range nodes {
		if err := os.RemoveAll(n.folder); err != nil {
			return fmt.Errorf("remove the old demonstration: %w", err)
		}
	}
	t.say("Filling the example of 2018 ...")
	if err := fill(ctx, nodes); err != nil {
		return fmt.Errorf("fill the example: %w", err)
	}
	return writeFile(mark, []byte("complete\n"), 0o600)
}

// mark reads the mark of a demonstration, "" if the folder is empty. It is an error
// if something else stands there.
func (c *demoCommand) mark() (string, error) {
	text, err := os.ReadFile(filepath.Join(c.Folder, demoMark))
	if err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("look into the demonstration: %w", err)
	}
	entries, err := os.ReadDir(c.Folder)
	if err != nil {
		return "", fmt.Errorf("look into the demonstration: %w", err)
	}
	for _, e := range entries {
		if e.Name() != demoLock {
			return "", fmt.Errorf("the folder %s holds something that is no demonstration: nothing in it was changed", c.Folder)
		}
	}
	return "", nil
}

// start starts the node as a process of this same program, and waits until it
// serves. The child stops when its standard input ends: so it ends with this
// process, however this process ends.
func (n *demoNode) start(other *demoNode) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	log, err := os.OpenFile(filepath.Join(n.folder, demoLog), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the log of %s: %w", n.side, err)
	}
	defer log.Close()
	read, write, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("start the node of %s: %w", n.side, err)
	}
	defer read.Close()
	n.process = exec.Command(program, "serve", n.folder, "--until-input-ends",
		"--web", n.web, "--link", n.link, "--dial", other.side+"="+other.link)
	n.process.Stdin, n.process.Stderr = read, log
	apart(n.process)
	out, err := n.process.StdoutPipe()
	if err == nil {
		err = n.process.Start()
	}
	if err != nil {
		write.Close()
		n.process = nil
		return fmt.Errorf("start the node of %s: %w", n.side, err)
	}
	n.input, n.ended = write, make(chan struct{})
	ready := make(chan struct{})
	go func() {
		defer close(n.ended)
		lines := bufio.NewScanner(out)
		for told := false; lines.Scan(); {
			if !told && strings.HasPrefix(lines.Text(), "ready ") {
				told = true
				close(ready)
			}
		}
		_ = n.process.Wait() // its log says why it ended
	}()
	select {
	case <-ready:
		return nil
	case <-n.ended:
		return explain([]*demoNode{n}, fmt.Errorf("the node of %s did not start", n.side))
	}
}

// stop ends the child in good order and waits for it.
func (n *demoNode) stop() {
	if n.process == nil {
		return
	}
	n.input.Close()
	select {
	case <-n.ended:
	case <-time.After(2 * stopTime):
		_ = n.process.Process.Kill()
		<-n.ended
	}
}

func (n *demoNode) client() *api.Client { return api.Dial(filepath.Join(n.folder, socketFile)) }

// explain adds the end of the logs to what went wrong.
func explain(nodes []*demoNode, err error) error {
	const most = 5 // lines of each log
	text := err.Error()
	for _, n := range nodes {
		path := filepath.Join(n.folder, demoLog)
		log, readErr := os.ReadFile(path)
		if readErr != nil {
			continue
		}
		lines := strings.Split(strings.TrimSpace(string(log)), "\n")
		text += "\nThe end of " + path + ":\n  " + strings.Join(lines[max(0, len(lines)-most):], "\n  ")
	}
	return errors.New(text)
}

// whenEqual waits until both nodes are linked and show the same record.
func whenEqual(ctx context.Context, nodes []*demoNode) error {
	ctx, cancel := context.WithTimeout(ctx, demoTime)
	defer cancel()
	for {
		var states []api.Status
		for _, n := range nodes {
			client := n.client()
			s, err := client.WaitStatus(ctx, "equal", demoTime)
			client.Close()
			if err != nil {
				return fmt.Errorf("wait until the nodes are equal: %w", err)
			}
			states = append(states, s)
		}
		if states[0].Digest == states[1].Digest && maps.Equal(states[0].Settled, states[1].Settled) {
			return nil
		}
	}
}

// welcome prints how to sign in, and that all is ready.
func (c *demoCommand) welcome(ctx context.Context, t *terminal, nodes []*demoNode) error {
	t.print("An example written for this program, around public events of 2018. Sign in with one of these links;")
	t.print("each works once, and every start of the demonstration makes new ones.")
	var open string
	for _, n := range nodes {
		client := n.client()
		defer client.Close()
		posts, err := client.Posts(ctx)
		if err != nil {
			return err
		}
		slices.SortStableFunc(posts, func(a, b api.Post) int {
			return slices.Index(office.Roles, a.Role) - slices.Index(office.Roles, b.Role)
		})
		t.print("")
		t.print("%s  http://%s", strings.ToUpper(n.side), n.web)
		var rows [][]string
		for _, p := range posts {
			if p.Side != n.side || p.Ended {
				continue
			}
			link, err := client.SignInLink(ctx, p.Post, api.MaxLinkValid)
			if err != nil {
				return err
			}
			rows = append(rows, []string{"  " + p.Name["en"] + " (" + p.Name["ko"] + ")", link.URL})
		}
		t.table(rows)
		if open == "" {
			link, err := client.SignInLink(ctx, "duty-officer", api.MaxLinkValid)
			if err != nil {
				return err
			}
			open = link.URL
		}
	}
	t.print("")
	if err := checkSoon(ctx, nodes); err != nil {
		return fmt.Errorf("agree on a line check: %w", err)
	}
	t.print("Logs: %s. Ctrl-C stops both nodes.", filepath.Join(c.Folder, "*", demoLog))
	t.print("ready http://%s http://%s", nodes[0].web, nodes[1].web)
	if !c.NoBrowser {
		openBrowser(open)
	}
	return nil
}

// dueIn is in how long a line check is due at most when the demonstration is ready, and
// dueAhead in how long at least, where the machine is quick enough.
const (
	dueIn    = 2 * time.Minute
	dueAhead = 20 * time.Second
)

// checkSoon has the sides agree that the channel of the military is checked at a moment
// that is near, each time that the demonstration starts.
func checkSoon(ctx context.Context, nodes []*demoNode) error {
	const tries = 3
	var clients []*api.Client
	for _, n := range nodes {
		client := n.client()
		defer client.Close()
		clients = append(clients, client)
	}
	for range tries {
		now := time.Now()
		due := now.Add(dueIn).Truncate(time.Minute)
		if day := due.In(korea).Weekday(); day == time.Saturday || day == time.Sunday { // on which nothing would be due
			for i, side := range scenarioSides {
				b := openOn(side.id, side.zone, now, due)
				if _, err := clients[i].SayHours(ctx, api.NewHours{From: b.From, Zone: b.Zone, Offsets: b.Offsets, Week: b.Week, Holidays: b.Holidays, By: "head"}); err != nil {
					return err
				}
			}
		}
		standing, err := clients[0].Charter(ctx)
		if err != nil {
			return err
		}
		charter := checkedSoon(standing.Charter, due)
		if hash := office.HashCharter(charter); hash != office.HashCharter(standing.Charter) {
			_, err := clients[0].Propose(ctx, api.NewProposal{
				Charter: charter, Note: "군사 서부 통로의 통신 점검 시각 / times of the line checks on the channel Military, west", By: "head",
			})
			if err != nil && !isProblem(err, string(office.ProposalExists)) { // a start before this one was broken off
				return err
			}
			if err := whenEqual(ctx, nodes); err != nil {
				return err
			}
			if _, err := clients[1].Agree(ctx, api.Agreement{Hash: hash, By: "head"}); err != nil {
				return err
			}
		}
		if err := whenEqual(ctx, nodes); err != nil {
			return err
		}
		if time.Until(due) >= dueAhead {
			break
		}
	}
	return nil
}

// openBrowser shows a page in the person's browser, if there is one.
func openBrowser(address string) {
	name, args := "xdg-open", []string{address}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", address}
	}
	if show := exec.Command(name, args...); show.Start() == nil {
		go func() { _ = show.Wait() }() // the link is printed as well
	}
}
