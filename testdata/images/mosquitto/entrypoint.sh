#!/bin/sh
set -e
if [ "$(id -u)" = 0 ]; then
	# A failure is passed over, as in the official image. On a volume of root's
	# the broker then runs, answers, and cannot save what it was told to keep.
	chown -R mosquitto:mosquitto /mosquitto || true
fi
exec "$@"
