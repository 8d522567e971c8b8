# The program alone, on a small Debian:
#
#     docker build -t resam .
#     docker run --rm -v "$PWD:/data" resam segment airport.jpg --point 409,324 -o airport.geojson
FROM rust:1.95.0-bookworm AS build
WORKDIR /resam
COPY . .
RUN cargo build --release --locked -p resam-cli

FROM debian:bookworm-slim
# Certificates for `resam weights pull`.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /resam/target/release/resam /usr/local/bin/resam
# Weights are kept in a volume, so that they are fetched once.
ENV RESAM_HOME=/models
RUN useradd --create-home resam && mkdir /models /data && chown resam /models /data
USER resam
VOLUME /models
WORKDIR /data
ENTRYPOINT ["resam"]
