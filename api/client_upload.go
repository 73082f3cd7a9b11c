package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"liaison.example/office"
)

// How a client goes on with an upload after a failure.
const (
	uploadTries     = 12                     // without a byte more
	uploadPause     = 200 * time.Millisecond // after the first failure; twice as long after each further one
	uploadPauseMost = 30 * time.Second
)

// BeginUpload begins to read in a file of so many bytes part by part.
func (c *Client) BeginUpload(ctx context.Context, n NewUpload) (u Upload, err error) {
	return u, c.do(ctx, http.MethodPost, Path+"/uploads", nil, n, &u)
}

// Uploaded tells how far an upload is.
func (c *Client) Uploaded(ctx context.Context, id string) (u Upload, err error) {
	return u, c.get(ctx, uploadPath(id), nil, &u)
}

func uploadPath(id string) string { return Path + "/uploads/" + url.PathEscape(id) }

// AppendUpload sends the next part of an upload, at most MaxPart bytes.
func (c *Client) AppendUpload(ctx context.Context, id string, offset, size int64, part io.Reader) (u Upload, err error) {
	response, err := c.sendFrom(ctx, http.MethodPatch, uploadPath(id), url.Values{"offset": {strconv.FormatInt(offset, 10)}}, "", string(mediaBytes), size, part)
	if err != nil {
		return u, err
	}
	return u, readInto(response, &u)
}

// FinishUpload makes of an upload a file that a dispatch may name.
func (c *Client) FinishUpload(ctx context.Context, id string) (e office.Enclosure, err error) {
	return e, c.do(ctx, http.MethodPost, uploadPath(id)+"/finish", nil, nil, &e)
}

// DropUpload ends an upload, of which nothing stays.
func (c *Client) DropUpload(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodPost, uploadPath(id)+"/drop", nil, nil, nil)
}

// Upload reads in a file of so many bytes part by part. After a cut, or a restart of
// the node, it goes on where it was, with growing pauses; it gives up after
// uploadTries failures in a row, or when the node refuses. waits, unless it is nil, is
// told before each pause.
func (c *Client) Upload(ctx context.Context, name string, size int64, file io.ReaderAt, waits func(err error, held int64, pause time.Duration)) (e office.Enclosure, err error) {
	var u Upload
	pause := uploadPause
	for failures := 0; ; {
		before := u.Offset
		switch {
		case u.ID == "":
			u, err = c.BeginUpload(ctx, NewUpload{Name: name, Size: size})
		case u.Offset < size:
			part := min(MaxPart, size-u.Offset)
			var now Upload
			if now, err = c.AppendUpload(ctx, u.ID, u.Offset, part, io.NewSectionReader(file, u.Offset, part)); err == nil {
				u = now
			}
		default:
			if e, err = c.FinishUpload(ctx, u.ID); err == nil {
				return e, nil
			}
		}
		if err != nil {
			if u.ID == "" || !mayPass(err) {
				return e, err
			}
			if now, asked := c.Uploaded(ctx, u.ID); asked == nil {
				u = now
			}
		}
		if u.Offset != before || err == nil {
			failures, pause = 0, uploadPause
			if err == nil {
				continue
			}
		}
		if failures++; failures >= uploadTries {
			return e, fmt.Errorf("send the file: after %d of %d bytes: %w", u.Offset, size, err)
		}
		if waits != nil {
			waits(err, u.Offset, pause)
		}
		select {
		case <-ctx.Done():
			return e, context.Cause(ctx)
		case <-time.After(pause):
		}
		pause = min(2*pause, uploadPauseMost)
	}
}

// mayPass reports whether what an upload has failed by may pass by itself: the line
// was cut, the node restarts, or is where another tab of the same upload has gone.
func mayPass(err error) bool {
	var p *Problem
	return !errors.As(err, &p) || p.Code == "upload-offset" || p.Status == http.StatusServiceUnavailable
}
