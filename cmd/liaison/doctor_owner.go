package main

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
)

// root is the user who may act for every other.
const root = 0

// userName is the name of a user of this machine, or its number.
func userName(uid int) string {
	id := strconv.Itoa(uid)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return id
}

// belongs says what is wrong with the user to whom a file of the data folder
// belongs. us is the user who asks, folder the one to whom the folder belongs: that
// is whom the node runs as.
func belongs(path string, owner, folder, us int) []finding {
	switch {
	case us != root && owner != us:
		return []finding{bad(fmt.Sprintf("Run this command, and the node, as %s, or give the folder to %s with chown -R.", userName(owner), userName(us)),
			"%s belongs to %s, and this command runs as %s", path, userName(owner), userName(us))}
	case owner != folder:
		return []finding{bad(fmt.Sprintf("chown %s: %s", userName(folder), path), "%s belongs to %s, and the folder to %s", path, userName(owner), userName(folder))}
	}
	return nil
}

// standsBelow warns of a folder that was made by root where another user's folders
// are: that user's nodes cannot use it.
func standsBelow(path string, owner int) []finding {
	path, err := filepath.Abs(path)
	if err != nil || owner != root {
		return nil
	}
	info, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return nil
	}
	above, known := ownerOf(info)
	if !known || above == root {
		return nil
	}
	return []finding{warning(fmt.Sprintf("chown -R %s: %s, unless the node is to run as root", userName(above), path),
		"%s belongs to root, and the folder above it to %s: a node that runs as %s cannot use it", path, userName(above), userName(above))}
}

// whoseFolder says what to do about a folder that this user may not look into.
func whoseFolder(dir string) string {
	us := userName(os.Geteuid())
	if info, err := os.Stat(dir); err == nil {
		if owner, known := ownerOf(info); known && owner != os.Geteuid() {
			return fmt.Sprintf("Run this command, and the node, as %s, to whom the folder belongs, or give the folder to %s (chown -R %s: %s).", userName(owner), us, us, dir)
		}
	}
	return fmt.Sprintf("Run this command, and the node, as the user to whom the folder belongs; this is %s.", us)
}
