# docker build -t aloha . && docker run --rm -it aloha
FROM node:20-bookworm AS build
WORKDIR /build
COPY . .
RUN npm ci && npm pack && npm install --global --prefix /opt/aloha ./aloha-cluster-*.tgz
# The native spawn agent is built here, since the image that follows has no compiler.
RUN node --input-type=module --eval "import { findAgentBinary } from '/opt/aloha/lib/node_modules/aloha-cluster/node_modules/@aloha/supervisor/dist/spawn/agent/build-agent.js'; const agent = await findAgentBinary('/tmp/agent'); if (agent.kind !== 'found') throw new Error(agent.reason);"

FROM node:20-bookworm-slim
COPY --from=build /opt/aloha /opt/aloha
ENV PATH=/opt/aloha/bin:$PATH \
    ALOHA_HOME=/var/lib/aloha
RUN install --directory --owner=node --group=node /var/lib/aloha
VOLUME /var/lib/aloha
WORKDIR /var/lib/aloha
USER node
# 6066: HTTP. 7077: workers.
EXPOSE 6066 7077
ENTRYPOINT ["/opt/aloha/lib/node_modules/aloha-cluster/sbin/aloha-container.sh"]
CMD ["dev", "--dir", "/var/lib/aloha/dev"]
