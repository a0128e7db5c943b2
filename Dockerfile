# The service as an image. Its database is a server of your own:
#
#   docker build -t cmc .
#   docker run --rm -e CMC_DATABASE_URL=postgresql://… cmc migrate
#   docker run -p 8000:8000 -e CMC_DATABASE_URL=postgresql://… -e CMC_MASTER_KEY=… cmc web
#   docker run              -e CMC_DATABASE_URL=postgresql://… -e CMC_MASTER_KEY=… cmc worker
#
# To try it, the whole service with the embedded database in one container:
#
#   docker run -p 8000:8000 -v cmc-data:/var/lib/cmc cmc

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
WORKDIR /src
COPY requirements.lock requirements-node.lock ./
RUN python -m venv /opt/build \
 && /opt/build/bin/python -m pip install --no-deps --require-hashes --only-binary :all: -r requirements.lock \
 && /opt/build/bin/python -m pip install --no-deps --require-hashes --only-binary :all: -r requirements-node.lock
COPY pyproject.toml hatch_build.py README.md LICENSE alembic.ini ./
COPY alembic alembic
COPY models models
COPY openapi openapi
COPY ui ui
COPY cmc cmc
RUN PATH="/opt/build/bin:$PATH" python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && python -m venv /opt/cmc \
 && /opt/cmc/bin/python -m pip install --no-deps --require-hashes --only-binary :all: -r requirements.lock \
 && /opt/cmc/bin/python -m pip install --no-deps --no-index /wheels/*.whl

FROM python:3.13-slim
# What WeasyPrint needs to print PDFs: Pango, HarfBuzz, and a Chinese font.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
    libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin cmc \
 && install -d -o cmc -g cmc -m 0700 /var/lib/cmc
COPY --from=build /opt/cmc /opt/cmc
ENV PATH="/opt/cmc/bin:$PATH" CMC_HOST=0.0.0.0 CMC_PORT=8000 CMC_DATA_DIR=/var/lib/cmc
USER cmc
WORKDIR /var/lib/cmc
VOLUME /var/lib/cmc
EXPOSE 8000
STOPSIGNAL SIGTERM
# A container that runs `worker` serves nothing: start it with --no-healthcheck.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
 CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"CMC_PORT\"]}/livez', timeout=2)"]
ENTRYPOINT ["cmc"]
CMD ["up"]
