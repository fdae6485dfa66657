# The base images are pinned by digest (an index of linux/amd64 and linux/arm64). The tag is only informative.
ARG BUILD_IMAGE=docker.io/library/node:24-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian13:nonroot@sha256:774b7d020b24214835769e24c3544835526cd0288f0b094eae48e8b2c2429a79

# Runs on the build platform for every target platform: the output is JavaScript, and bcrypt ships a binary for each.
FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-fund --no-update-notifier
COPY tsconfig.json tsconfig.build.json ./
COPY src src
ARG REVISION
RUN REVISION="${REVISION}" npm run build && npm run licences

FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS dependencies
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-fund --no-update-notifier
# Removes what Node.js never reads: binaries for other systems, and types, source maps, tests and documents of libraries.
RUN find node_modules/bcrypt/prebuilds -mindepth 1 -maxdepth 1 ! -name 'linux-x64' ! -name 'linux-arm64' -exec rm -r {} + \
 && find node_modules/bcrypt/prebuilds -name '*musl*' -delete \
 && find node_modules -type f \( -name '*.md' -o -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' \) -delete \
 && rm -rf node_modules/bintrees/test node_modules/.package-lock.json node_modules/.bin

FROM ${RUNTIME_IMAGE}
WORKDIR /app
COPY --from=dependencies /build/node_modules node_modules
COPY package.json LICENSE ./
COPY --from=build /build/dist dist

ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="zeebe-topology-exporter" \
      org.opencontainers.image.description="Prometheus exporter for the topology of Zeebe clusters" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="gcr.io/distroless/nodejs24-debian13:nonroot"

# A single malloc arena for all threads needs a tenth less resident memory. A fixed mmap threshold makes malloc return
# freed responses of several megabytes to the system.
# The exporter writes its listen addresses to HEALTHCHECK_FILE. /dev/shm is writable even in a read-only container.
ENV NODE_ENV=production MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=131072 HEALTHCHECK_FILE=/dev/shm/zeebe-topology-exporter
USER 65532:65532
EXPOSE 10650
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/nodejs/bin/node", "/app/dist/healthcheck.js"]
# By default, SIGUSR1 opens the debugger, which can read the secrets in the environment.
ENTRYPOINT ["/nodejs/bin/node", "--disable-sigusr1", "/app/dist/main.js"]
