// Torchwood reads a log, or one disclosure, with Filippo Valsorda's torchwood
// module and says what it found. Liaison's tests run it, to hear from a reader
// that we did not write. It stands in a module of its own so that the module of
// Liaison does not need torchwood; docs/decisions/torchwood.md says why.
//
//	torchwood log POLICY FOLDER-OR-URL     read every entry and check it against the checkpoint
//	torchwood proof POLICY PROOF LEAF      check a c2sp.org/tlog-proof for the leaf
//
// POLICY is a file in torchwood's policy format: which log, and whose
// cosignatures must be there. It prints one line and exits 0, or 1 with the
// reason on standard error.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "torchwood:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	switch {
	case len(args) == 3 && args[0] == "log":
		return readLog(ctx, args[1], args[2])
	case len(args) == 4 && args[0] == "proof":
		return readProof(args[1], args[2], args[3])
	}
	return fmt.Errorf("want: log POLICY FOLDER-OR-URL, or: proof POLICY PROOF LEAF")
}

func readPolicy(path string) (torchwood.Policy, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return torchwood.ParsePolicy(text)
}

func readLog(ctx context.Context, policyPath, where string) error {
	policy, err := readPolicy(policyPath)
	if err != nil {
		return err
	}
	var tiles torchwood.TileReader
	if strings.HasPrefix(where, "http") {
		tiles, err = torchwood.NewTileFetcher(where)
	} else {
		tiles, err = torchwood.NewTileFS(os.DirFS(where))
	}
	if err != nil {
		return err
	}
	signed, err := tiles.ReadEndpoint(ctx, "checkpoint")
	if err != nil {
		return err
	}
	checkpoint, _, err := torchwood.VerifyCheckpoint(signed, policy)
	if err != nil {
		return err
	}
	client, err := torchwood.NewClient(tiles)
	if err != nil {
		return err
	}
	var entries, size int64
	for index, entry := range client.AllEntries(ctx, checkpoint.Tree, 0) {
		if index != entries {
			return fmt.Errorf("got entry %d, want %d", index, entries)
		}
		entries++
		size += int64(len(entry))
	}
	if err := client.Err(); err != nil {
		return err
	}
	if entries != checkpoint.N {
		return fmt.Errorf("read %d entries of %d", entries, checkpoint.N)
	}
	fmt.Printf("%s: %d entries, %d bytes, all under the checkpoint\n", checkpoint.Origin, entries, size)
	return nil
}

func readProof(policyPath, proofPath, leafPath string) error {
	policy, err := readPolicy(policyPath)
	if err != nil {
		return err
	}
	proof, err := os.ReadFile(proofPath)
	if err != nil {
		return err
	}
	leaf, err := os.ReadFile(leafPath)
	if err != nil {
		return err
	}
	if err := torchwood.VerifyProof(policy, tlog.RecordHash(leaf), proof); err != nil {
		return err
	}
	fmt.Println("the leaf is in the log")
	return nil
}
