"""What is computed of products for people: catalogues, measurements, assessments, differences; values, no traits."""
