# `--build-arg NODE_IMAGE=…@sha256:…` makes a build repeatable; any image of Debian with Node.js 24 and a user `node` does.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Optional packages are wanted: the console's bundler is one a platform. The Node.js among them is not, the image has its own.
RUN npm ci --omit=dev --no-audit --no-fund \
    && rm -rf node_modules/node-linux-* node_modules/node-win-* node_modules/.bin/node
COPY LICENSE tsconfig.json ./
COPY src src
COPY simulators simulators
COPY products products
COPY dashboards/console dashboards/console
# A container has no write access to the console and builds nothing when it starts.
RUN node --import ./src/preload.mjs src/main.ts build-console

FROM ${NODE_IMAGE}
WORKDIR /app
COPY --from=build /app ./
RUN install -d -o node -g node -m 0700 /data
# Two areas of memory for all threads instead of eight a core: less of it lies between what is in use.
ENV AFTERCARE_DATA=/data \
    AFTERCARE_HTTP=0.0.0.0:8080 \
    AFTERCARE_MQTT=0.0.0.0:1883 \
    MALLOC_ARENA_MAX=2
USER node
VOLUME /data
EXPOSE 8080 1883
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["node", "-e", "const port = process.env.AFTERCARE_HTTP.split(':').pop(); fetch(`http://127.0.0.1:${port}/readyz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# V8 would choose 64 MiB for each half of its young generation, which buys nothing here.
# No shell between: SIGTERM reaches the service, which then stops in good order.
ENTRYPOINT ["node", "--max-semi-space-size=16", "--import", "./src/preload.mjs", "src/main.ts"]
CMD ["serve"]
