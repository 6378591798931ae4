#!/bin/bash
# Run once by the InfluxDB image after its set-up. InfluxQL knows databases, InfluxDB 2 has buckets: the mapping makes the
# bucket a database of the same name. Grafana gets a user of its own that can only read.
set -euo pipefail

influx v1 dbrp create \
  --org "$DOCKER_INFLUXDB_INIT_ORG" \
  --bucket-id "$DOCKER_INFLUXDB_INIT_BUCKET_ID" \
  --db "$DOCKER_INFLUXDB_INIT_BUCKET" \
  --rp autogen \
  --default

influx v1 auth create \
  --org "$DOCKER_INFLUXDB_INIT_ORG" \
  --read-bucket "$DOCKER_INFLUXDB_INIT_BUCKET_ID" \
  --username grafana \
  --password "$GRAFANA_INFLUX_PASSWORD"
