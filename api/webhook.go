package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"liaison.example/notify"
)

func (s *server) webhooks(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Node.Notify().Webhooks(r.Context())
	if err != nil {
		return err
	}
	page, next, err := paged(r, "webhooks", list, func(w *notify.Webhook) string { return strconv.FormatInt(w.ID, 10) })
	if err != nil {
		return err
	}
	webhooks := []Webhook{}
	for _, hook := range page {
		webhooks = append(webhooks, webhookOf(hook))
	}
	return write(w, http.StatusOK, WebhookPage{Webhooks: webhooks, Next: next})
}

func webhookOf(w notify.Webhook) Webhook {
	return Webhook{
		ID: w.ID, URL: w.URL, Private: w.Private, Made: w.Made, Last: maybe(w.Last),
		Failures: w.Failures, Retry: maybe(w.Next), Failed: w.Failed,
	}
}

func (s *server) addWebhook(w http.ResponseWriter, r *http.Request) error {
	var n NewWebhook
	if err := read(r, &n); err != nil {
		return err
	}
	hook, secret, err := s.Node.Notify().Add(r.Context(), n.URL, n.Private)
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, MadeWebhook{Webhook: webhookOf(hook), Secret: secret})
}

func (s *server) removeWebhook(w http.ResponseWriter, r *http.Request) error {
	return s.onWebhook(w, r, s.Node.Notify().Remove)
}

func (s *server) testWebhook(w http.ResponseWriter, r *http.Request) error {
	return s.onWebhook(w, r, func(ctx context.Context, id int64) error {
		err := s.Node.Notify().Test(ctx, id)
		if err == nil || errors.Is(err, notify.ErrNone) {
			return err
		}
		return problem(CodeWebhookFails, "webhook-fails", "error", err.Error())
	})
}

// onWebhook does something with the webhook of the path.
func (s *server) onWebhook(w http.ResponseWriter, r *http.Request, do func(ctx context.Context, id int64) error) error {
	id, err := pathNumber(r)
	if err != nil {
		return err
	}
	err = do(r.Context(), id)
	if errors.Is(err, notify.ErrNone) {
		return problem(CodeNotFound, "webhook", "id", strconv.FormatInt(id, 10))
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
