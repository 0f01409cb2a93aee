# shellcheck shell=bash
# apt.sh is sourced by the scripts that fetch something from Debian without
# installing it on the machine.

# apt_apart sets options, for apt-get, so that it uses lists and a cache below
# the directory $1 and leaves the machine's alone.
apt_apart() {
	mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
	options=(-q -o "Dir::State::lists=$1/lists" -o "Dir::Cache=$1/cache"
		-o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none
		-o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false)
}

# mirror prints the address of the Debian mirror that apt uses; it needs what
# apt_apart set.
mirror() {
	local uri
	uri=$(mirror_in)
	if [ -z "$uri" ]; then # the machine's lists were never fetched
		apt-get "${options[@]}" update >&2
		uri=$(mirror_in "${options[@]}")
	fi
	printf '%s\n' "$uri"
}

# mirror_in prints the mirror that is in the lists; "$@" are options for apt-get.
mirror_in() {
	apt-get "$@" indextargets --format '$(REPO_URI)' \
		'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 'Component: main' | sed -n 1p
}
