# What `sam build` runs for the layer (template.yaml): Lambda unpacks it to /opt.
.PHONY: build-XRayLayer
build-XRayLayer:
	cargo lambda build --package lambda-xray-extension --extension --profile layer --target aarch64-unknown-linux-gnu.2.26
	mkdir -p "$(ARTIFACTS_DIR)/extensions"
	install -m 0755 target/lambda/extensions/xray-extension "$(ARTIFACTS_DIR)/extensions/xray-extension"
	install -m 0755 extension/xray-exec "$(ARTIFACTS_DIR)/xray-exec"
