#!/usr/bin/env bash
# Prints the folder with the jar files of S3Proxy, a store of another make for `make check-stores`; where there is none,
# Maven fetches them into the cache folder ($DECON_CACHE, else ${XDG_CACHE_HOME:-$HOME/.cache}/decon). $S3PROXY names
# another folder. Needs Java 17 and Maven (Debian: default-jre-headless, maven).
set -euo pipefail
version=2.6.0
if [ -n "${S3PROXY:-}" ]; then
    [ -d "$S3PROXY" ] && echo "$S3PROXY"
    exit
fi
folder=${DECON_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/decon}/s3proxy-$version
if [ ! -e "$folder/complete" ]; then
    for program in java mvn; do
        command -v "$program" >/dev/null || { echo "s3proxy: there is no $program; install Java and Maven" >&2; exit 1; }
    done
    echo "s3proxy: fetching s3proxy $version into $folder" >&2
    mkdir -p "$folder"
    cat >"$folder/pom.xml" <<XML
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>decon</groupId><artifactId>s3proxy</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.gaul</groupId><artifactId>s3proxy</artifactId><version>$version</version></dependency>
  </dependencies>
</project>
XML
    mvn -q -B -f "$folder/pom.xml" dependency:copy-dependencies -DoutputDirectory="$folder" -DincludeScope=runtime >&2
    touch "$folder/complete"
fi
echo "$folder"
