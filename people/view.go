package people

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"liaison.example/sqldb"
)

// A View is a choice of dispatches that a person has kept under a name. It is
// shown to nobody else.
type View struct {
	Name  string
	Query string // of the address of the list, such as "from=north&state=ours"
}

// The limits of views.
const (
	MaxViews     = 20   // of one account
	MaxViewName  = 40   // characters
	maxViewQuery = 4096 // bytes: a search of 200 Korean letters has 1,800
)

// Views lists the views of an account in its own order.
func (p *People) Views(ctx context.Context, account string) (views []View, err error) {
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		views, err = readViews(ctx, tx, account)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the views of %s: %w", account, err)
	}
	return views, nil
}

// KeepView adds a view behind the others. One of the same name is replaced where
// it stands. It answers *Refusal if the name cannot be one, or there are too many.
func (p *People) KeepView(ctx context.Context, account string, v View) error {
	dots := strings.Trim(v.Name, ".") == "" // an address that ends in these means another place
	if dots || utf8.RuneCountInString(v.Name) > MaxViewName || v.Name != strings.TrimSpace(v.Name) || !goodName(v.Name) {
		return refuse("view-name", "limit", fmt.Sprint(MaxViewName))
	}
	if len(v.Query) > maxViewQuery {
		return fmt.Errorf("keep a view: its address has %d bytes", len(v.Query))
	}
	return p.changeViews(ctx, account, func(views []View) ([]View, error) {
		if i := viewOf(views, v.Name); i >= 0 {
			views[i] = v
			return views, nil
		}
		if len(views) >= MaxViews {
			return nil, refuse("view-many", "limit", fmt.Sprint(MaxViews))
		}
		return append(views, v), nil
	})
}

// RaiseView moves a view before the one that stands before it.
func (p *People) RaiseView(ctx context.Context, account, name string) error {
	return p.changeViews(ctx, account, func(views []View) ([]View, error) {
		if i := viewOf(views, name); i > 0 {
			views[i-1], views[i] = views[i], views[i-1]
		}
		return views, nil
	})
}

// DropView removes a view. If there is none of that name, nothing is done.
func (p *People) DropView(ctx context.Context, account, name string) error {
	return p.changeViews(ctx, account, func(views []View) ([]View, error) {
		if i := viewOf(views, name); i >= 0 {
			views = append(views[:i], views[i+1:]...)
		}
		return views, nil
	})
}

func viewOf(views []View, name string) int {
	for i, v := range views {
		if v.Name == name {
			return i
		}
	}
	return -1
}

// changeViews writes the views of an account anew: they are few.
func (p *People) changeViews(ctx context.Context, account string, change func([]View) ([]View, error)) error {
	err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		views, err := readViews(ctx, tx, account)
		if err != nil {
			return err
		}
		if views, err = change(views); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM list_view WHERE account = $1", account); err != nil {
			return err
		}
		for place, v := range views {
			_, err := tx.Exec(ctx, "INSERT INTO list_view (account, place, name, query) VALUES ($1, $2, $3, $4)", account, place, v.Name, v.Query)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("change the views of %s: %w", account, err)
	}
	return nil
}

func readViews(ctx context.Context, tx *sqldb.Tx, account string) (views []View, err error) {
	rows, err := tx.Query(ctx, "SELECT name, query FROM list_view WHERE account = $1 ORDER BY place LIMIT $2", account, MaxViews)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var v View
		if err := rows.Scan(&v.Name, &v.Query); err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, rows.Err()
}
