# The innkeeper command with Terraform, ready to run:
#
#   docker build -t innkeeper .
#   docker run --rm -it -u "$(id -u):$(id -g)" -v "$PWD:/work" innkeeper validate
#
# "docker build --build-arg PROVIDER_MIRROR=on" also puts the AWS provider into the image (some 700 MB more),
# so that "terraform init" downloads nothing later.

FROM docker.io/library/debian:trixie-slim AS python
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates python3 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*.log /var/log/apt

# Two optional secrets for networks with a package index or certificate authority of their own:
# "pip" is a pip.conf, "ca" a bundle of certificates. Neither stays in the image.
FROM python AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3-venv
COPY --from=docker.io/hashicorp/terraform:1.11 /bin/terraform /usr/local/bin/terraform
WORKDIR /src
COPY requirements requirements
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_CONSTRAINT=/src/requirements/build.txt
RUN --mount=type=secret,id=pip,target=/run/secrets/pip --mount=type=secret,id=ca,target=/run/secrets/ca \
    if [ -s /run/secrets/pip ]; then export PIP_CONFIG_FILE=/run/secrets/pip; fi \
 && if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi \
 && python3 -m venv --without-pip /usr/lib/innkeeper \
 && python3 -m venv /usr/lib/pip \
 && /usr/lib/pip/bin/pip --python /usr/lib/innkeeper/bin/python install --no-deps -r requirements/runtime.txt
COPY pyproject.toml README.md ./
COPY provisioner provisioner
COPY lambdas lambdas
COPY terraform terraform
COPY examples examples
RUN --mount=type=secret,id=pip,target=/run/secrets/pip --mount=type=secret,id=ca,target=/run/secrets/ca \
    if [ -s /run/secrets/pip ]; then export PIP_CONFIG_FILE=/run/secrets/pip; fi \
 && if [ -s /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi \
 && /usr/lib/pip/bin/pip --python /usr/lib/innkeeper/bin/python install --no-deps . \
 && /usr/lib/pip/bin/pip --python /usr/lib/innkeeper/bin/python check
ARG PROVIDER_MIRROR=off
RUN mkdir -p /usr/share/terraform/plugins \
 && case "$PROVIDER_MIRROR" in \
      on) cd terraform/modules/tenant \
          && terraform providers mirror -platform="linux_$(dpkg --print-architecture)" /usr/share/terraform/plugins ;; \
      off) ;; \
      *) echo "PROVIDER_MIRROR must be on or off, not $PROVIDER_MIRROR" >&2; exit 2 ;; \
    esac

FROM python
COPY --from=build /usr/local/bin/terraform /usr/local/bin/terraform
COPY --from=build /usr/share/terraform/plugins /usr/share/terraform/plugins
COPY --from=build /usr/lib/innkeeper /usr/lib/innkeeper
RUN useradd --create-home --uid 10001 innkeeper \
 && ln -s /usr/lib/innkeeper/bin/innkeeper /usr/local/bin/innkeeper \
 && mkdir /work && chown innkeeper /work
ENV PATH=/usr/lib/innkeeper/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    CHECKPOINT_DISABLE=1
USER innkeeper
WORKDIR /work
ENTRYPOINT ["innkeeper"]
CMD ["--help"]
