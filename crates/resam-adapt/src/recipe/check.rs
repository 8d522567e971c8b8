//! Which values a run can go with.

use resam_select::SelectionMode;

use super::Recipe;

impl Recipe {
    /// Whether every number is one that a run can go with.
    ///
    /// # Errors
    /// In words: the name, the value, and what it may be.
    pub fn check(&self) -> Result<(), String> {
        let (labels, optimizer) = (&self.labels, &self.optimizer);
        let shares = [
            ("views.photometric", self.views.photometric),
            ("labels.ema_decay", labels.ema_decay),
            ("labels.entropy_threshold", labels.entropy_threshold),
            ("labels.min_consistency", labels.min_consistency),
            ("labels.top_fraction", labels.top_fraction),
        ];
        let sizes = [
            (
                "labels.selection.stability_weight",
                labels.selection.stability_weight,
            ),
            ("labels.selection.size_weight", labels.selection.size_weight),
            (
                "labels.selection.size_prior_weight",
                labels.selection.size_prior_weight,
            ),
            ("alignment.weight", self.alignment.weight),
            ("loss.focal", self.loss.focal),
            ("loss.dice", self.loss.dice),
            ("loss.iou_head", self.loss.iou_head),
            ("loss.multimask_iou", self.loss.multimask_iou),
            ("optimizer.learning_rate", optimizer.learning_rate),
            ("optimizer.decoder_lr_scale", optimizer.decoder_lr_scale),
            ("optimizer.weight_decay", optimizer.weight_decay),
            (
                "optimizer.max_updates_per_instance",
                optimizer.max_updates_per_instance,
            ),
            ("loss_spike_filter.factor", self.loss_spike_filter.factor),
        ];
        let counts = [
            ("schedule.epochs", self.schedule.epochs),
            ("schedule.batch", self.schedule.batch),
            (
                "schedule.decoder_batch_size",
                self.schedule.decoder_batch_size,
            ),
        ];
        let share = shares
            .iter()
            .find(|(_, value)| !(0.0..=1.0).contains(value));
        if let Some((name, value)) = share {
            return Err(format!("`{name} = {value}` is not from 0 to 1"));
        }
        let size = sizes
            .iter()
            .find(|(_, value)| !(value.is_finite() && *value >= 0.0));
        if let Some((name, value)) = size {
            return Err(format!("`{name} = {value}` is not a number from 0 up"));
        }
        if let Some((name, _)) = counts.iter().find(|(_, value)| *value == 0) {
            return Err(format!("`{name} = 0` leaves nothing to do"));
        }
        if labels.selection.mode == SelectionMode::BestScore {
            let name = "`labels.selection.mode = \"best-score\"`";
            return Err(format!(
                "{name} makes no labels: it is \"requery\" or \"single\""
            ));
        }
        if labels.selection.size_prior_px.is_some() {
            return Err("`labels.selection.size_prior_px` is estimated, not set".to_owned());
        }
        Ok(())
    }
}
