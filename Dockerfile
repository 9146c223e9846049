# siamlink in a container, without a compiler and without root:
#
#     docker build -t siamlink .
#     docker run --rm -v "$PWD:/data" --user "$(id -u):$(id -g)" siamlink track street.mp4 -o results
#
# /data is the working folder; /cache holds downloaded weights: give it a volume to keep them.

FROM python:3.13-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python3 -m venv /opt/siamlink
ENV PATH=/opt/siamlink/bin:$PATH
WORKDIR /build

# first what siamlink requires: this layer stays the same until a requirement changes; OpenCV is the build without
# windows, which needs no libraries of the system, though other packages require the one with windows by name
COPY constraints.txt setup.cfg ./
RUN sed -n '/^install_requires/,/^$/s/^  *//p' setup.cfg > requirements.txt \
    && pip install --only-binary :all: -c constraints.txt -r requirements.txt \
    && pip uninstall --yes opencv-python \
    && pip install --only-binary :all: --no-deps \
       "opencv-python-headless==$(sed -n 's/^opencv-python==//p' constraints.txt)"

COPY . .
RUN pip install --no-deps .

FROM python:3.13-slim-trixie
COPY --from=build /opt/siamlink /opt/siamlink
RUN useradd --create-home siamlink && install --directory --mode 1777 /data /cache
ENV PATH=/opt/siamlink/bin:$PATH PYTHONUNBUFFERED=1 SIAMLINK_CACHE=/cache
WORKDIR /data
VOLUME ["/data", "/cache"]
USER siamlink
ENTRYPOINT ["siamlink"]
CMD ["--help"]
