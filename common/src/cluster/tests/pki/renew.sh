#!/bin/sh
# Makes the certificates of the TLS tests anew: a CA, a server (127.0.0.1 and cluster.test), a client; valid 2020 to 2120.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
touch "$work/index"
cat >"$work/openssl.cnf" <<END
[ca]
default_ca = tests
[tests]
new_certs_dir = $work
database = $work/index
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE
[server]
subjectAltName = IP:127.0.0.1, DNS:cluster.test
[client]
extendedKeyUsage = clientAuth
END

issue() { # name, extensions, how it is signed ...
	name=$1 extensions=$2
	shift 2
	openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$name.key"
	openssl req -new -key "$name.key" -subj "/CN=$name" -out "$work/$name.csr"
	openssl ca -batch -notext -config "$work/openssl.cnf" -extensions "$extensions" -in "$work/$name.csr" \
		-out "$name.crt" -startdate 20200101000000Z -enddate 21200101000000Z "$@"
}
issue ca authority -selfsign -keyfile ca.key
issue server server -cert ca.crt -keyfile ca.key
issue client client -cert ca.crt -keyfile ca.key
rm ca.key
