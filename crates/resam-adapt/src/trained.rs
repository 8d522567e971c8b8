//! The trained parameters of a model by name: for checkpoints, for restoring, and for the
//! exponential moving average.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Int, Tensor, TensorData};
use resam_sam::{Sam, SamError};

use crate::read::values;

/// The shape and the values, row-major, of each parameter that trains, by its path in the model.
pub type Trained = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// The shape of each parameter that trains, by its path in the model.
pub fn shapes(sam: &Sam) -> BTreeMap<String, Vec<usize>> {
    let mut shapes = BTreeMap::new();
    each(sam, &mut |name, shape, _| {
        shapes.insert(name, shape);
    });
    shapes
}

/// The shape of each parameter that trains, by its identity.
pub fn identities(sam: &Sam) -> BTreeMap<u64, Vec<usize>> {
    #[derive(Default)]
    struct Identities(BTreeMap<u64, Vec<usize>>);
    impl ModuleVisitor for Identities {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let tensor = param.val();
            if tensor.is_require_grad() {
                self.0.insert(param.id.val(), tensor.dims().to_vec());
            }
        }
    }
    let mut found = Identities::default();
    sam.visit(&mut found);
    found.0
}

/// Reads the trained parameters.
///
/// # Errors
/// [`SamError::Failed`] when the device does not give the values.
pub fn trained(sam: &Sam) -> Result<Trained, SamError> {
    let mut found = Ok(Trained::new());
    each(sam, &mut |name, shape, read| {
        if let Ok(trained) = &mut found {
            match read() {
                Ok(values) => {
                    trained.insert(name, (shape, values));
                }
                Err(error) => found = Err(error),
            }
        }
    });
    found
}

/// Visits the name, the shape and the values of a trained parameter.
type WithParameter<'a> =
    dyn FnMut(String, Vec<usize>, &dyn Fn() -> Result<Vec<f32>, SamError>) + 'a;

/// Visits the trained parameters.
fn each(sam: &Sam, with: &mut WithParameter<'_>) {
    struct Each<'a, 'b>(Vec<String>, &'a mut WithParameter<'b>);
    impl ModuleVisitor for Each<'_, '_> {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.0.push(name.to_owned());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.0.pop();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let tensor = param.val();
            if tensor.is_require_grad() {
                let read = || values(tensor.clone().without_autodiff());
                (self.1)(self.0.join("."), tensor.dims().to_vec(), &read);
            }
        }
    }
    sam.visit(&mut Each(Vec::new(), with));
}

/// Sets the trained parameters that `values` has, and gives each an identity that depends on its
/// path alone, so that the state of an optimizer fits it in another process.
pub fn with_trained(sam: Sam, values: &Trained) -> Sam {
    struct Write<'a>(Vec<String>, &'a Trained, u64);
    impl ModuleMapper for Write<'_> {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.0.push(name.to_owned());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.0.pop();
        }
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let tensor = param.val();
            if !tensor.is_require_grad() {
                return param;
            }
            self.2 += 1;
            let tensor = match self.1.get(&self.0.join(".")) {
                Some((shape, values)) if *shape == tensor.dims() => {
                    let data = TensorData::new(values.clone(), shape.clone());
                    Tensor::from_data(data, &tensor.device())
                }
                _ => tensor.detach(),
            };
            Param::initialized(ParamId::from(self.2), tensor.require_grad())
        }
    }
    sam.map(&mut Write(Vec::new(), values, 0))
}

/// The same model on another device; the trained parameters keep their identity.
pub fn on_device(sam: Sam, device: &Device) -> Sam {
    struct Move<'a>(&'a Device);
    impl ModuleMapper for Move<'_> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let (id, tensor) = (param.id, param.val());
            let trains = tensor.is_require_grad();
            let moved = tensor.without_autodiff().to_device(self.0);
            let moved = if trains {
                moved.autodiff().require_grad()
            } else {
                moved.set_require_grad(false)
            };
            Param::initialized(id, moved)
        }
        fn map_int<const D: usize>(
            &mut self,
            param: Param<Tensor<D, Int>>,
        ) -> Param<Tensor<D, Int>> {
            let (id, tensor) = (param.id, param.val());
            Param::initialized(id, tensor.to_device(self.0))
        }
    }
    sam.map(&mut Move(device))
}

/// Updates the exponential moving average: `decay * ema + (1 - decay) * now`, parameter by
/// parameter (Mean Teacher, arXiv 1703.01780).
pub fn update_ema(ema: &mut Trained, now: &Trained, decay: f64) {
    for (name, (_, average)) in ema.iter_mut() {
        let Some((_, now)) = now.get(name) else {
            continue;
        };
        for (average, &now) in average.iter_mut().zip(now) {
            *average = (decay * f64::from(*average) + (1.0 - decay) * f64::from(now)) as f32;
        }
    }
}
