//go:build !unix

package pgcluster

import (
	"context"
	"errors"
)

// Config says what server to run.
type Config struct {
	Dir     string
	Durable bool
}

// Cluster is a running server.
type Cluster struct{}

// ErrNotInstalled says that there is no PostgreSQL server on this machine.
var ErrNotInstalled = errors.New("a throw-away PostgreSQL server is started on Unix systems only")

// Start answers ErrNotInstalled.
func Start(context.Context, Config) (*Cluster, error) { return nil, ErrNotInstalled }

// URL is never called.
func (*Cluster) URL(string) string { return "" }

// Stop does nothing.
func (*Cluster) Stop() error { return nil }
