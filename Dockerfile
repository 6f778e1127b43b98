# One image for web, worker, scheduler and migrations (target app), one for the proxy before them
# (target proxy). Both are made from locks with hashes and run as a user without rights.
#
#     docker build --target app --tag portal .
#     docker build --target proxy --tag portal-proxy .

ARG PYTHON=3.11

# -- What browsers load, from package-lock.json ---------------------------------------------------
FROM node:22-bookworm-slim AS front-end
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund

# -- Python's packages, from requirements/production.txt ------------------------------------------
FROM python:${PYTHON}-slim-bookworm AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /build
COPY requirements/production.txt requirements/
RUN python -m venv /opt/portal \
    && /opt/portal/bin/pip install --no-deps --only-binary :all: --require-hashes -r requirements/production.txt

# -- The portal, without its tests and tools ------------------------------------------------------
FROM python:${PYTHON}-slim-bookworm AS code
ENV PATH=/opt/portal/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=portal.settings \
    STATIC_ROOT=/srv/static \
    MEDIA_ROOT=/srv/media
WORKDIR /app
COPY --from=packages /opt/portal /opt/portal
COPY manage.py ./
COPY deploy/healthcheck.py deploy/
COPY portal portal
COPY events events
COPY startups startups
COPY challenges challenges
COPY procurement procurement
COPY templates templates
COPY static static
RUN python -m compileall -q /app /opt/portal/lib

# -- Static files, hashed and compressed; the proxy's own error pages -----------------------------
FROM code AS files
COPY --from=front-end /build/node_modules node_modules
# Nothing is asked of a database here; the settings only want to be whole.
RUN SECRET_KEY=only-while-building DATABASE_URL=postgres://nobody@nowhere/none \
    python manage.py collectstatic --noinput \
    && SECRET_KEY=only-while-building DATABASE_URL=postgres://nobody@nowhere/none \
    python manage.py error_pages /srv/pages

# -- The proxy ------------------------------------------------------------------------------------
FROM nginxinc/nginx-unprivileged:1.28-bookworm AS proxy
COPY deploy/nginx/portal.conf.template /etc/nginx/templates/default.conf.template
COPY deploy/nginx/walls.inc /etc/nginx/walls.inc
COPY --from=files /srv/static /srv/static
COPY --from=files /srv/pages /srv/pages
EXPOSE 8080 8443
HEALTHCHECK --interval=10s --timeout=3s --retries=3 CMD ["curl", "--silent", "--fail", "http://127.0.0.1:8081/"]

# -- Web, worker, scheduler, migrations -----------------------------------------------------------
FROM code AS app
COPY --from=files /srv/static /srv/static
RUN groupadd --system --gid 10001 portal \
    && useradd --system --uid 10001 --gid portal --home-dir /nonexistent --no-create-home portal \
    && install --directory --owner portal --group portal --mode 0750 /srv/media
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "deploy/healthcheck.py"]
CMD ["python", "-m", "gunicorn", "-c", "portal/gunicorn.py", "--bind", "0.0.0.0:8000", "portal.wsgi"]
