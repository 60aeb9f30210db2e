//! Tells the linker that the symbols of Node come at load time.

fn main() {
    napi_build::setup();
}
