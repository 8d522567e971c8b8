//! GELU and its gradient on the hidden layer of a TinyViT stage, 4096 tokens of 640 channels.

use burn::tensor::{Device, Distribution, Tensor};
use criterion::{Criterion, criterion_group, criterion_main};
use resam_ops::gelu;

fn kernels(criterion: &mut Criterion) {
    resam_ops::memory::keep_freed_memory();
    let device = Device::flex();
    let x = Tensor::<2>::random([4096, 640], Distribution::Normal(0.0, 1.0), &device);
    criterion.bench_function("gelu", |bencher| {
        bencher.iter(|| gelu(x.clone()).into_data())
    });
    let device = Device::flex().autodiff();
    let x =
        Tensor::<2>::random([4096, 640], Distribution::Normal(0.0, 1.0), &device).require_grad();
    criterion.bench_function("gelu, forward and backward", |bencher| {
        bencher.iter(|| x.grad(&gelu(x.clone()).sum().backward()));
    });
}

criterion_group!(benches, kernels);
criterion_main!(benches);
