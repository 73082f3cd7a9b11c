# make build    one static program, build/liaison; the same bytes wherever it is built
# make test     install what the tests need, if it is missing, and run ./check
# make bench    measure on this machine; see docs/performance.md
# make demo     two nodes on this machine, with the example of 2018
# make manual   write docs/manual.md and docs/openapi.json from the program
# make man      write build/liaison.1, the man page
# make deb      write the Debian package into build/; needs dpkg-deb
# make clean    remove what was built

export GOFLAGS = -buildvcs=false
export GOWORK = off
export CGO_ENABLED = 0

.PHONY: build test bench demo manual man deb clean

# -trimpath leaves out the folder; -s -w and an empty build id leave out what
# differs between machines and serves only debuggers. GOAMD64 and GOARM64 are
# set so that the builder's own settings cannot change the bytes.
build:
	GOAMD64=v1 GOARM64=v8.0 go build -trimpath -ldflags='-s -w -buildid=' -o build/liaison ./cmd/liaison

test:
	@.ci/needs
	@./check

bench: build
	build/liaison bench

demo: build
	build/liaison demo

manual: build
	build/liaison help all > docs/manual.md
	build/liaison help openapi > docs/openapi.json

man: build
	build/liaison man > build/liaison.1

deb: build
	@packaging/deb

clean:
	rm -rf build
