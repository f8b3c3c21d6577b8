# syntax=docker/dockerfile:1
# The comparison as an image, for machines that are measured in a cluster. From the repository's root:
#
#     docker build -f deploy/container/compare.Dockerfile -t quartet-compare:0.1.0 .
#
# It keeps the toolchain and the sources: the comparison builds what it measures, and finds it built.
FROM rust:1.95-bookworm
RUN useradd --uid 65532 --create-home measure && install -d -o measure /source
USER 65532
WORKDIR /source
COPY --chown=65532 . .
# Builds everything and measures it once, for nothing: status 3 says that no row is worth anything.
RUN cargo compare --quick --restarts 1 --no-latency --shared-core --output /tmp/built \
    || [ $? = 3 ]
# Nothing is fetched where it runs.
ENV CARGO_NET_OFFLINE=true
ENTRYPOINT []
CMD ["target/tools/compare", "--help"]
