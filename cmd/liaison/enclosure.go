package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"liaison.example/api"
	"liaison.example/office"
)

// enclose has files read in by the node.
func enclose(ctx context.Context, t *terminal, client *api.Client, paths []string) (list []office.Enclosure, err error) {
	if len(paths) > office.MaxEnclosures {
		return nil, usagef("a dispatch has at most %d enclosures", office.MaxEnclosures)
	}
	for _, path := range paths {
		e, err := encloseFile(ctx, t, client, path)
		if err != nil {
			return nil, fmt.Errorf("enclose %s: %w", path, err)
		}
		list = append(list, e)
	}
	return list, nil
}

func encloseFile(ctx context.Context, t *terminal, client *api.Client, path string) (e office.Enclosure, err error) {
	f, err := os.Open(path)
	if err != nil {
		return e, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return e, err
	case !info.Mode().IsRegular():
		return e, fmt.Errorf("it is not a file")
	case info.Size() > office.MaxEnclosure:
		return e, fmt.Errorf("it has %d bytes, and at most %d are enclosed: split it into several files", info.Size(), office.MaxEnclosure)
	}
	return client.Upload(ctx, filepath.Base(path), info.Size(), f, func(err error, held int64, pause time.Duration) {
		fmt.Fprintf(t.err, "liaison: %v: %d of %d bytes are there; it goes on in %s\n", err, held, info.Size(), pause)
	})
}

// printEnclosures says which files go with a dispatch, and where they are.
func printEnclosures(t *terminal, list []api.Enclosed) {
	for i, e := range list {
		t.print("Enclosure %d: %s  %s  %d bytes", i+1, printable(e.Name), e.Type, e.Size)
		t.print("  SHA-256 %s", e.Hash)
		if e.Whole {
			t.print("  here, whole and checked")
		} else {
			t.print("  on the way: %d of %d bytes are here", e.Held, e.Size)
		}
		if e.Finding != "" {
			t.print("  take care: it was found to be or to hold: %s", e.Finding)
		}
		for _, s := range e.Stored {
			t.print("  stored by the node of %s %s (%s)", s.Side, stamp(s.At), s.ID)
		}
	}
	if len(list) > 0 {
		t.print("")
	}
}

type fetchCommand struct {
	place
	Output string        `short:"o" required:"" placeholder:"FILE" help:"The file to write; \"-\" writes to standard output."`
	Force  bool          `help:"Overwrite the file if it exists."`
	Wait   time.Duration `placeholder:"TIME" help:"How long to wait at most until the enclosure is here. Default: not at all."`
}

func (c *fetchCommand) Help() string {
	return `Writes the N-th enclosure of a dispatch, from 1, to FILE, whole or not at all, and checks its hash once more. What the other side has enclosed was looked into here, but nobody answers for it: "liaison show" says what was found.`
}

func (c *fetchCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the id of a dispatch, such as south/17", "the number of the enclosure, from 1")
	if err != nil {
		return err
	}
	defer client.Close()
	id, err := parseID(args[0])
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return usagef("%q is not the number of an enclosure", args[1])
	}
	e, err := c.await(ctx, client, id, n)
	if err != nil {
		return err
	}
	write := func(w io.Writer) error {
		sum := sha256.New()
		size, err := client.Enclosure(ctx, id, n, io.MultiWriter(w, sum))
		if err == nil && (size != e.Size || hex.EncodeToString(sum.Sum(nil)) != e.Hash) {
			err = fmt.Errorf("the bytes that came are not those that the dispatch names")
		}
		return err
	}
	if c.Output == "-" {
		return write(t.out)
	}
	if _, err := os.Lstat(c.Output); err == nil && !c.Force {
		return fmt.Errorf("the file %s is there already (--force overwrites it)", c.Output)
	}
	if err := writeFileFrom(c.Output, 0o600, func(w *os.File) error { return write(w) }); err != nil {
		return err
	}
	t.print("%s  %d bytes  SHA-256 %s", c.Output, e.Size, e.Hash)
	return nil
}

// await gives an enclosure of a dispatch, and waits until it is here, or the
// time runs out.
func (c *fetchCommand) await(ctx context.Context, client *api.Client, id office.EntryID, n int) (e api.Enclosed, err error) {
	const lookEvery = 100 * time.Millisecond
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for began := time.Now(); ; {
		d, err := client.Dispatch(ctx, id)
		if err != nil {
			return e, err
		}
		if n < 1 || n > len(d.Enclosures) {
			return e, fmt.Errorf("dispatch %s has %d enclosures", id, len(d.Enclosures))
		}
		if e = d.Enclosures[n-1]; e.Whole {
			return e, nil
		}
		if c.Wait == 0 {
			return e, fmt.Errorf("the enclosure is not here yet: %d of %d bytes are", e.Held, e.Size)
		}
		if time.Since(began) >= c.Wait {
			return e, &timeoutError{fmt.Sprintf("the time ran out after %s: %d of %d bytes of the enclosure are here, and it goes on by itself", c.Wait, e.Held, e.Size)}
		}
		select {
		case <-ctx.Done():
			return e, context.Cause(ctx)
		case <-look.C:
		}
	}
}
