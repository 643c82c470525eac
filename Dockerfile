# The reference server: docker build -t paggio . See docs/deploy.md.
# The tag names one exact version, so that two builds of one commit are alike. Only a digest cannot be moved to other
# bytes: pin one for a release, --build-arg NODE_IMAGE=node:22.23.3-bookworm-slim@sha256:...
ARG NODE_IMAGE=node:22.23.3-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages ./packages
COPY apps/server ./apps/server
COPY tsconfig.base.json ./
# No install scripts run, here or later.
RUN npm ci --ignore-scripts --no-audit --no-fund \
  && node node_modules/typescript-7/bin/tsc -b apps/server \
  && node apps/server/bundle.mjs \
  && npm run build -w @paggio/dashboard \
  && npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
  && find packages apps -type d -name src -prune -exec rm -rf {} + \
  && rm -rf /root/.npm

FROM ${NODE_IMAGE}
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4400 PAGGIO_DATA_DIR=/data LOG_FORMAT=json
WORKDIR /app
COPY --from=build --chown=root:root /app ./
# Only the first API key is written, and only there: the root file system may be read-only.
RUN install -d -o node -g node -m 700 /data
VOLUME /data
USER node
EXPOSE 4400
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--disable-warning=ExperimentalWarning", "apps/server/dist/main.js"]
