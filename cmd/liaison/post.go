package main

import (
	"context"
	"strings"
	"time"

	"liaison.example/api"
	"liaison.example/office"
)

type postsCommand struct {
	List     postsListCommand     `cmd:"" default:"withargs" help:"List the posts of all sides." usage:"[DIR]"`
	Accredit postsAccreditCommand `cmd:"" help:"Accredit a post of this side, or change it." usage:"[DIR] POST --role ROLE --name en=TEXT"`
	End      postsEndCommand      `cmd:"" help:"Withdraw the accreditation of a post of this side." usage:"[DIR] POST"`
}

type postsListCommand struct {
	place
	All  bool `help:"Also those that are withdrawn."`
	JSON bool `name:"json" help:"Print a JSON array."`
}

func (c *postsListCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	all, err := client.Posts(ctx)
	if err != nil {
		return err
	}
	posts := []api.Post{}
	for _, p := range all {
		if c.All || !p.Ended {
			posts = append(posts, p)
		}
	}
	if c.JSON {
		return t.printJSON(posts)
	}
	rows := [][]string{{"SIDE", "POST", "ROLE", "LANGUAGES", "NAME", "이름", "ENDED"}}
	for _, p := range posts {
		ended := "no"
		if p.Ended {
			ended = "yes"
		}
		rows = append(rows, []string{p.Side, p.Post, p.Role, strings.Join(p.Languages, ","), printable(p.Name["en"]), printable(p.Name["ko"]), ended})
	}
	t.table(rows)
	return nil
}

type postsAccreditCommand struct {
	place
	Role     string            `required:"" placeholder:"ROLE" help:"head, deputy, officer, duty-officer, interpreter, secretary or observer."`
	Name     map[string]string `required:"" mapsep:"none" placeholder:"TAG=TEXT" help:"Its name in one language, such as en=Interpreter; may be given several times."`
	Language []string          `default:"en" placeholder:"TAG" help:"A language in which it can be spoken to; may be given several times. Default: en."`
	By       string            `default:"head" placeholder:"POST" help:"The post that accredits it. Default: head."`
	JSON     bool              `name:"json" help:"Print the written entry as JSON."`
}

func (c *postsAccreditCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the id of a post")
	if err != nil {
		return err
	}
	defer client.Close()
	w, err := client.Accredit(ctx, api.NewPost{Post: args[0], Name: office.Words(c.Name), Role: c.Role, Languages: c.Language, By: c.By})
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "accredited "+args[0])
}

type postsEndCommand struct {
	place
	By   string `default:"head" placeholder:"POST" help:"The post that withdraws it. Default: head."`
	JSON bool   `name:"json" help:"Print the written entry as JSON."`
}

func (c *postsEndCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the id of a post")
	if err != nil {
		return err
	}
	defer client.Close()
	w, err := client.EndPost(ctx, args[0], c.By)
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "ended "+args[0])
}

type signInCommand struct {
	place
	Post  string        `required:"" placeholder:"POST" help:"The post that signs in, such as duty-officer."`
	Valid time.Duration `default:"24h" placeholder:"TIME" help:"How long the link is valid. Default: 24h."`
	JSON  bool          `name:"json" help:"Print the link as JSON."`
}

func (c *signInCommand) Help() string {
	return "Prints a link with which one browser can sign in once as the post. Hand it only to the officer who holds the post."
}

func (c *signInCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	if c.Valid < time.Second {
		return usagef("--valid must be a second or more")
	}
	link, err := client.SignInLink(ctx, c.Post, c.Valid)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(link)
	}
	t.print("%s", link.URL)
	return nil
}
