# Stage 1 checks the types and makes the bundles; it holds everything needed to build.
FROM node:26-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json tsconfig.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY bin bin
COPY src src
RUN npm run types && npm run build
# What runs: the bundles, the password blocklist, the native password hashes, and the licences of
# what is in them.
RUN mkdir -p /app/node_modules /app/licenses \
 && cp -R dist/. /app/ \
 && cp -R node_modules/@node-rs /app/node_modules/ \
 && cp node_modules/jose/LICENSE.md /app/licenses/jose.md \
 && for package in node_modules/pg* node_modules/postgres-* node_modules/split2 node_modules/uqr node_modules/xtend \
      node_modules/@simplewebauthn/server node_modules/@hexagon/* node_modules/@levischuck/* \
      node_modules/@peculiar/* node_modules/asn1js node_modules/pv* node_modules/reflect-metadata \
      node_modules/tslib node_modules/tsyringe node_modules/age-encryption \
      node_modules/@noble/* node_modules/@scure/*; do \
      name=$(echo "${package#node_modules/}" | tr / -); \
      cp "$package"/[Ll][Ii][Cc]* "/app/licenses/$name.txt" || true; done \
 && cp src/password/blocklist_license.txt /app/licenses/blocklist.txt

# Stage 2 holds that and Node, nothing to build with.
FROM node:26-bookworm-slim
# npm, yarn and the setuid programs of the base are of no use here but to an intruder.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack \
      /usr/local/bin/yarn /usr/local/bin/yarnpkg /opt/yarn* \
 && find / -xdev -type f -perm /6000 -exec chmod ug-s {} + \
 && install -d -m 0700 -o 10001 -g 10001 /data
COPY --from=build /app /app
COPY --chmod=0755 bin/postern-in-image.sh /usr/local/bin/postern
ENV NODE_ENV=production POSTERN_HOST=0.0.0.0 POSTERN_METRICS_HOST=0.0.0.0 POSTERN_DATA_DIR=/data
USER 10001:10001
WORKDIR /app
VOLUME ["/data"]
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["postern", "healthcheck"]
ENTRYPOINT ["postern"]
CMD ["serve"]
