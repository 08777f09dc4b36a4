# `make` shows what there is to do. One debug build serves the demo and the tests.

# Outside the clone, so that the next clone does not compile the libraries again.
SCRATCH ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/batchd/build
BIN      = $(SCRATCH)/debug
SWIFT    = swift
BUILD    = $(SWIFT) build --scratch-path $(SCRATCH)
SUDO     = $(if $(filter 0,$(shell id -u)),,sudo)
PACKAGES = libsqlite3-dev libzstd-dev pkg-config
# What the tests judge with, beyond what a build needs.
JUDGES   = curl zstd systemd strace e2fsprogs python3 man-db
ROWS    ?= 5000
# How many worlds `make torture` runs, or which one it shows.
SEEDS   ?= 500
SEED    ?=
# The benchmark measures optimized code, which has a build of its own: 20 minutes the first time.
RELEASE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/batchd/release
BENCH_ROWS   ?= 1000000
BENCH_ROUNDS ?= 3
BENCH_SIZES  ?= 100000,1000000,10000000
BENCH_ORDER  ?= random
BENCH_FOLDER ?= /var/tmp
BENCH_ONLY   ?=
BENCH_JSON   ?=
BENCH_SDK    = 16.1.0b1
# The official Stripe SDKs that judge batchsim; each has a folder of its own below the build.
SDKS     = 15.1.0b2 15.5.0b1 16.1.0b1

# Installs Debian packages, if one of them is missing.
define install
dpkg -s $(1) >/dev/null 2>&1 || { echo 'Installing $(1) ...' && $(SUDO) apt-get update -qq && \
  DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -qq $(1); }
endef

# Runs the tests that were built, and names at the end what failed: it would be lost among all they say.
define tests
{ SWIFT_BACKTRACE=color=no,registers=none,images=none,threads=crashed $(1) \
  $(SWIFT) test --scratch-path $(SCRATCH) --skip-build $(2) 2>&1; echo $$? >$(SCRATCH)/tests.status; } | \
  tee $(SCRATCH)/tests.log; test "$$(cat $(SCRATCH)/tests.status)" = 0 || { echo 'What failed:'; \
  grep -aE '✘ (Test .* recorded|Suite .* failed)|Fatal error|crashed' $(SCRATCH)/tests.log | head -40; exit 1; }
endef

# What `make install` and `make deb` install: optimized, with Swift's own libraries in them.
STATIC  ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/batchd/static
PROGRAMS ?= $(STATIC)/release
PREFIX  ?= /usr/local
UNITS   ?= $(PREFIX)/lib/systemd/system
SYSUSERS ?= /usr/lib/sysusers.d
VERSION  = $(shell sed -n 's/.*batchdVersion = "\(.*\)"/\1/p' Sources/ControlAPI/Version.swift)
DEB_VERSION ?= $(VERSION)
DEB     ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/batchd/deb
PACKAGERS = debhelper dpkg-dev lintian
LINTIAN ?= lintian --allow-root --fail-on error,warning
DEB_COMPRESSION ?= -Zxz

# How long `make fuzz` feeds each target, and which; what it learned and found stays in the folder of its build.
# How many simulated worlds `make test` tries; `make torture` tries more.
WORLDS  ?= 500
# So many tests at a time: more of them only make each other late.
NARROW   = SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=6
SECONDS ?= 60
FUZZING  = $(SCRATCH)-fuzz
TARGETS ?= $(shell sed -n 's/^ *case \([a-z]*\)$$/\1/p' Tests/FuzzTests/FuzzTarget.swift)

.PHONY: help deps deps-test build bin static install deb demo test test-systemd test-sdk test-scale fuzz powercuts torture optimized bench bench-ladder bench-sim man completions lint clean

help:
	@echo 'make demo      build, then run a whole workload against a local Stripe (ROWS=$(ROWS))'
	@echo 'make test      lint, build and run all tests'
	@echo 'make test-sdk  drive batchsim with the official Stripe SDK for Python ($(SDKS))'
	@echo 'make fuzz      feed hostile bytes to every parser, SECONDS=$(SECONDS) each, guided by coverage'
	@echo 'make powercuts cut the power after every durable step, on a disk that forgets (needs root)'
	@echo 'make test-scale  see that the memory of batchsim does not grow with its rows'
	@echo 'make bench-sim measure batchsim with a million rows and with 200 jobs at once'
	@echo 'make torture   simulate the daemon in $(SEEDS) worlds of faults (SEEDS=500), or show one (SEED=7)'
	@echo 'make bench     measure each stage beside the limits of the machine (BENCH_ROWS=$(BENCH_ROWS))'
	@echo 'make bench-ladder  measure each stage with more and more rows (BENCH_SIZES=$(BENCH_SIZES))'
	@echo 'make man       write the manual pages, from the programs themselves, into $(SCRATCH)/share/man'
	@echo 'make completions write completions for bash, zsh and fish into $(SCRATCH)/share'
	@echo 'make build     build batchd, batchctl and batchsim into $(BIN)'
	@echo 'make bin       print the folder of the built programs'
	@echo 'make deb       make a Debian package in $(DEB)'
	@echo 'make install   install below PREFIX=$(PREFIX), for machines without dpkg (DESTDIR=)'
	@echo 'make test-systemd  install the package in a booted systemd, and break things there (needs root)'
	@echo 'make deps      install the system packages that a build needs'
	@echo 'make clean     remove the build folder'

deps:
	@command -v $(SWIFT) >/dev/null || \
	  { echo 'Swift 6.2 or newer is needed: see https://www.swift.org/install/linux/' >&2; exit 1; }
	@$(call install,$(PACKAGES))

deps-test: deps
	@$(call install,$(JUDGES))

build: deps
	@echo 'Building. The first time takes ten minutes or so: the network and TLS libraries are large.'
	$(BUILD)

bin:
	@echo '$(BIN)'

# Swift's libraries become part of the programs: no toolchain is needed where they run.
static: deps
	@test '$(PROGRAMS)' != '$(STATIC)/release' || { \
	  echo 'Building optimized programs. The first time takes twenty minutes or so.'; \
	  for program in batchd batchctl batchsim; do \
	    $(SWIFT) build -c release --static-swift-stdlib --scratch-path $(STATIC) --product $$program || exit 1; \
	  done; }

install: static
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(UNITS) $(DESTDIR)$(SYSUSERS)
	install -d -m 0750 $(DESTDIR)/etc/batchd $(DESTDIR)/etc/batchd/conf.d
	install -s -m 0755 $(PROGRAMS)/batchd $(PROGRAMS)/batchctl $(PROGRAMS)/batchsim $(DESTDIR)$(PREFIX)/bin
	@test -e $(DESTDIR)/etc/batchd/batchd.yaml || \
	  install -v -m 0640 config/batchd.yaml $(DESTDIR)/etc/batchd/batchd.yaml
	sed 's,/usr/bin/,$(PREFIX)/bin/,' systemd/batchd.service > $(DESTDIR)$(UNITS)/batchd.service
	install -m 0644 systemd/batchd.socket $(DESTDIR)$(UNITS)/batchd.socket
	install -m 0644 systemd/batchd.sysusers $(DESTDIR)$(SYSUSERS)/batchd.conf
	install -d $(DESTDIR)$(PREFIX)/share/doc/batchd/examples
	install -m 0644 config/examples/*.yaml config/prometheus-rules.yml $(DESTDIR)$(PREFIX)/share/doc/batchd/examples
	@$(MAKE) --no-print-directory man completions SPEAKERS=$(PROGRAMS) SHARE=$(DESTDIR)$(PREFIX)/share
	@test -n '$(DESTDIR)' || { systemd-sysusers $(SYSUSERS)/batchd.conf && systemctl daemon-reload && \
	  chgrp -R batchd /etc/batchd && echo 'Next: see "Installing" in README.md'; }

deb: static
	@$(call install,$(PACKAGERS))
	rm -rf $(DEB)/source && mkdir -p $(DEB)/source
	$(MAKE) --no-print-directory install DESTDIR=$(DEB)/source/stage PREFIX=/usr UNITS=/lib/systemd/system \
	  PROGRAMS=$(PROGRAMS)
	cp -a systemd/debian $(DEB)/source/debian
	install -m 0644 README.md CHANGELOG.md $(DEB)/source
	@printf 'batchd (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- %s  %s\n' '$(DEB_VERSION)' \
	  "$$(sed -n 's/^Maintainer: //p' systemd/debian/control)" "$$(git log -1 --format=%cD)" \
	  > $(DEB)/source/debian/changelog
	cd $(DEB)/source && DEB_COMPRESSION=$(DEB_COMPRESSION) dpkg-buildpackage -b -us -uc -nc >$(DEB)/build.log 2>&1 || \
	  { tail -30 $(DEB)/build.log; exit 1; }
	@$(LINTIAN) $(DEB)/batchd_$(DEB_VERSION)_*.deb
	@ls -l $(DEB)/batchd_$(DEB_VERSION)_*.deb

# With the programs of the daily build, which need the toolchain that is there; a package is told by what it does.
test-systemd: deps-test build
	@$(call install,$(PACKAGERS) systemd-container debconf)
	@for version in $(VERSION) $(VERSION)+next; do \
	  $(MAKE) --no-print-directory deb PROGRAMS=$(BIN) DEB=$(DEB)/test DEB_VERSION=$$version LINTIAN=true \
	    DEB_COMPRESSION=-Znone >$(SCRATCH)-deb.log 2>&1 || { tail -30 $(SCRATCH)-deb.log; exit 1; }; done
	@Tests/systemd/run.sh $(DEB)/test/batchd_$(VERSION)_*.deb $(DEB)/test/batchd_$(VERSION)+next_*.deb

demo: build
	$(BIN)/batchsim demo --rows $(ROWS)

test: deps-test lint
	@echo 'Building the programs and the tests. The first time takes ten minutes or so.'
	$(BUILD) --build-tests
	@$(call tests,$(NARROW))
	@$(call tests,TORTURE_SEEDS=10,--filter TortureTests)
	$(BIN)/torture --seeds $(WORLDS)

powercuts: deps-test
	$(BUILD) --build-tests
	BATCHD_POWERCUTS=all $(SWIFT) test --scratch-path $(SCRATCH) --skip-build --filter PowerCutTests

test-sdk: deps-test $(SDKS:%=$(SCRATCH)/sdk/%/ready)
	$(BUILD) --product batchsim
	@for sdk in $(SDKS); do \
	  echo "stripe-python $$sdk against batchsim:" && \
	  BATCHSIM=$(BIN)/batchsim PYTHONDONTWRITEBYTECODE=1 \
	    $(SCRATCH)/sdk/$$sdk/bin/python -m unittest discover --start-directory Tests/sdk || \
	  { echo "test-sdk: FAILED with stripe-python $$sdk" >&2; exit 1; }; \
	done
	@echo 'test-sdk: passed with stripe-python $(SDKS)'

test-scale: deps-test
	@command -v python3 >/dev/null || { $(call install,python3) ; }
	$(BUILD) --product batchsim
	@BATCHSIM=$(BIN)/batchsim PYTHONDONTWRITEBYTECODE=1 python3 Tests/bench/sim.py --check
	@echo 'test-scale: passed'

bench-sim: deps-test
	@command -v python3 >/dev/null || { $(call install,python3) ; }
	$(BUILD) --product batchsim
	@BATCHSIM=$(BIN)/batchsim PYTHONDONTWRITEBYTECODE=1 python3 Tests/bench/sim.py

$(SCRATCH)/sdk/%/ready:
	@python3 -c 'import venv, ensurepip' 2>/dev/null || { $(call install,python3 python3-venv) ; }
	@echo 'Installing stripe $* from PyPI ...'
	@{ python3 -m venv --clear $(@D) && \
	   $(@D)/bin/python -m pip install --quiet --disable-pip-version-check stripe==$*; } || \
	  { echo 'test-sdk: FAILED, stripe $* could not be installed. Is PyPI reachable?' >&2; exit 1; }
	@touch $@

fuzz: deps
	@echo 'Building the fuzzer. The first time takes ten minutes or so.'
	BATCHD_FUZZ=1 $(SWIFT) build --scratch-path $(FUZZING) --product fuzz
	@mkdir -p $(FUZZING)/finds
	@failed=; for target in $(TARGETS); do \
	  corpus=$(FUZZING)/corpus/$$target; log=$(FUZZING)/$$target.log; mkdir -p $$corpus && \
	  $(FUZZING)/debug/fuzz --seeds $$target $$corpus && \
	  SWIFT_BACKTRACE=enable=no $(FUZZING)/debug/fuzz $$target $$corpus -max_total_time=$(SECONDS) \
	    -dict=$(FUZZING)/corpus/dictionary -artifact_prefix=$(FUZZING)/finds/$$target- -timeout=20 \
	    -rss_limit_mb=1024 -max_len=4096 -print_final_stats=1 >$$log 2>&1 || failed="$$failed $$target"; \
	  echo "$$target: $$(sed -n 's/^stat::number_of_executed_units: *//p' $$log) executions"; \
	  grep -a 'Fatal error' $$log || true; \
	done; \
	test -z "$$failed" || { echo "fuzz: FAILED:$$failed; the inputs are in $(FUZZING)/finds." \
	  "Copy each to Tests/Fixtures/fuzz/TARGET, where every test run tries it again." >&2; exit 1; }

torture: deps
	$(BUILD) --product torture
	$(BIN)/torture $(if $(SEED),--seed $(SEED),--seeds $(SEEDS) --power-cuts)

optimized: deps-test
	@echo 'Building optimized programs. The first time takes twenty minutes or so.'
	@for program in batchd batchctl batchsim batchbench; do \
	  $(SWIFT) build -c release --scratch-path $(RELEASE) --product $$program || exit 1; \
	done

bench: optimized $(SCRATCH)/sdk/$(BENCH_SDK)/ready
	@$(RELEASE)/release/batchbench --rows $(BENCH_ROWS) --rounds $(BENCH_ROUNDS) --order $(BENCH_ORDER) \
	  --folder $(BENCH_FOLDER) --only '$(BENCH_ONLY)' $(if $(BENCH_JSON),--json $(abspath $(BENCH_JSON))) \
	  --python $(SCRATCH)/sdk/$(BENCH_SDK)/bin/python --peers $(CURDIR)/Sources/batchbench/Peers

# Ten million rows take 40 GB of disk for a while.
bench-ladder: optimized
	@$(RELEASE)/release/batchbench ladder --sizes $(BENCH_SIZES) --folder $(BENCH_FOLDER)

# Whose manual and completions, and where they go; `install` names its own.
SPEAKERS ?= $(BIN)
SHARE    ?= $(SCRATCH)/share
# Debian's zsh reads what packages bring from a folder of its own.
ZSH      ?= $(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)

man:
	@test -x $(SPEAKERS)/batchctl || $(MAKE) build
	@command -v python3 >/dev/null || { $(call install,python3) ; }
	python3 config/manual.py $(SPEAKERS) $(SHARE)/man

completions:
	@test -x $(SPEAKERS)/batchctl || $(MAKE) build
	@mkdir -p $(SHARE)/bash-completion/completions $(SHARE)/zsh/$(ZSH) $(SHARE)/fish/vendor_completions.d
	@for program in batchd batchctl batchsim; do \
	  speak="$(SPEAKERS)/$$program --generate-completion-script" && \
	  $$speak bash >$(SHARE)/bash-completion/completions/$$program && \
	  sed -i '1{/^#!/d}' $(SHARE)/bash-completion/completions/$$program && \
	  $$speak zsh >$(SHARE)/zsh/$(ZSH)/_$$program && \
	  $$speak fish >$(SHARE)/fish/vendor_completions.d/$$program.fish || exit 1; \
	done
	@echo 'Completions for bash, zsh and fish are below $(SHARE).'

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests

clean:
	rm -rf $(SCRATCH)
