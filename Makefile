# Two commands: `make demo` runs the whole thing, `make test` tests it. Both install what is missing.
.PHONY: help demo test test-all test-long check run bench lab lab-stop screenshots format package deb rpm image
TSX = node --import tsx

help:
	@echo 'make demo                                  the whole thing on this machine, until Ctrl-C'
	@echo 'make test [ONLY=test/db]                   the tests of every day, on a genuine helpdesk'
	@echo 'make test-all                              all others that must hold at each change'
	@echo 'make test-long                             at full size, before a release'
	@echo 'make check                                 formatter, linter, types, what is unused'
	@echo 'make run HELPDESK_HOME=/opt/znuny          the sidecar beside an existing helpdesk'
	@echo 'make package, make deb, make rpm           add-on for the helpdesk, archive, Debian package and RPM, in build/'
	@echo 'make image                                 OCI image for containers, in build/'
	@echo 'make bench [ONLY=screens]                  speed beside the built-in screens'
	@echo 'make lab, make lab-stop                    the test instance, for single tests by hand'

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

demo: node_modules/.package-lock.json
	@$(TSX) test/lab/commands/demo.ts

test: node_modules/.package-lock.json
	@$(TSX) test/lab/commands/test.ts test

test-all: node_modules/.package-lock.json
	@$(TSX) test/lab/commands/test.ts all

test-long: node_modules/.package-lock.json
	@$(TSX) test/lab/commands/test.ts long

check: node_modules/.package-lock.json
	npm run --silent check

format: node_modules/.package-lock.json
	npm run --silent format

run: node_modules/.package-lock.json
	@test -n "$(HELPDESK_HOME)" || { echo 'Give the helpdesk'"'"'s folder: make run HELPDESK_HOME=/opt/znuny'; exit 1; }
	@MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=16500 MALLOC_TOP_PAD_=32768 MALLOC_TRIM_THRESHOLD_=65536 HELPDESK_HOME=$(HELPDESK_HOME) exec node --max-semi-space-size=2 --import tsx plugin/cli.ts serve

# Room for young objects, so that more collections of larger inputs do not look like growth.
bench: node_modules/.package-lock.json
	@node --max-semi-space-size=64 --import tsx test/bench/main.ts

screenshots: node_modules/.package-lock.json
	@$(TSX) test/lab/commands/screenshots.ts

lab: node_modules/.package-lock.json
	@$(TSX) test/lab/commands/lab.ts up

lab-stop:
	@$(TSX) test/lab/commands/lab.ts down

package: node_modules/.package-lock.json
	@mkdir -p build
	@$(TSX) plugin/cli.ts package --output build/OAuth2Sidecar-$$(node -p 'require("./package.json").version').opm
	@npm pack --silent --pack-destination build

deb: package
	@$(TSX) plugin/packaging/build-deb.ts build/znuny-oauth2-sidecar-$$(node -p 'require("./package.json").version').tgz build

rpm: package
	@$(TSX) plugin/packaging/build-rpm.ts build/znuny-oauth2-sidecar-$$(node -p 'require("./package.json").version').tgz build

# As root, on Debian, with mmdebstrap and buildah.
image: deb
	@$(TSX) plugin/packaging/build-image.ts build/znuny-oauth2_$$(node -p 'require("./package.json").version')_all.deb build
