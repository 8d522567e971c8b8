//! All that trains in a model, by name: for saving, for going back, and for the
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

/// Reads all that trains.
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

/// What is done with the name and the shape of a parameter that trains; the values can be read.
type WithParameter<'a> =
    dyn FnMut(String, Vec<usize>, &dyn Fn() -> Result<Vec<f32>, SamError>) + 'a;

/// Goes through all that trains.
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

/// Puts other values where parameters train, and gives each an identity that depends on its place
/// alone, so that the state of an optimizer finds it again in another process. Parameters that
/// `values` does not have stay as they are.
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

/// The same model on another device: what trains does so there, under the same identity.
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

/// The exponential moving average: `decay ema + (1 - decay) now`, parameter by parameter.
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
