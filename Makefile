# A thin layer over Meson: the words people type. ./run and ./test need nothing of this.
.PHONY: build test bench bench-peers fuzz interop tsan format tidy clean
build: build/build.ninja
	@ninja -C build src/cli/tidemill
	@ln -sf src/cli/tidemill build/tidemill
build/build.ninja:
	@meson setup build --buildtype=release -Db_lto=true -Ddebug=true -Dwerror=false -Dtests=disabled >/dev/null
test:
	@./test
bench: build
	@bench/run
# pyodata, SAP Cloud SDK and OpenUI5 against the mock and /api/v1; needs PyPI and npm.
interop: build
	@tests/interop/run
# SAP CAP on rows of the same kind in the same run; needs npm.
bench-peers: build
	@bench/peers/run
# 60 seconds for every fuzz target: make fuzz SECONDS=600
SECONDS = 60
fuzz:
	@scripts/fuzz $(SECONDS)
format:
	@git ls-files '*.[ch]' | xargs clang-format -i
tidy: build
	@git ls-files 'src/*.c' | xargs clang-tidy -p build --quiet
clean:
	@rm -rf build build-*
# The tests of everything with threads, under ThreadSanitizer.
tsan:
	@scripts/setup test
	@[ -f build-tsan/build.ninja ] || meson setup build-tsan -Dtests=enabled -Db_sanitize=thread -Db_lundef=false >/dev/null
	@ninja -C build-tsan >/dev/null
	@meson test -C build-tsan --no-rebuild --print-errorlogs --suite unit
